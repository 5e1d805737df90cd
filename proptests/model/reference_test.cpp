// SPDX-License-Identifier: MIT
// The parts of the reference model say both yes and no.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "proptests/model/contents.hpp"
#include "proptests/model/expectation.hpp"
#include "proptests/model/live_blocks.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

TEST(Contents, what_was_written_is_found) {
  for (std::size_t bytes : {8u, 16u, 24u, 256u, 264u, 512u, 1000u, 65536u}) {
    std::vector<std::byte> block(bytes);
    fill(block.data(), bytes, 7);
    for (std::size_t kept : {std::size_t{0}, std::size_t{1}, bytes / 2 + 1, bytes})
      EXPECT_FALSE(first_wrong(block.data(), bytes, kept, 7)) << bytes << " " << kept;
    EXPECT_EQ(first_wrong(block.data(), bytes, bytes, 8), 0u);
  }
}

TEST(Contents, each_changed_byte_of_a_small_block_is_seen) {
  std::vector<std::byte> block(256);
  fill(block.data(), 256, 7);
  for (std::size_t i = 0; i < 256; ++i) {
    block[i] ^= std::byte{4};
    EXPECT_EQ(first_wrong(block.data(), 256, 256, 7), i);
    EXPECT_EQ(first_wrong(block.data(), 256, i + 1, 7), i);
    EXPECT_FALSE(first_wrong(block.data(), 256, i, 7));
    block[i] ^= std::byte{4};
  }
}

TEST(Contents, both_ends_of_a_large_block_are_seen) {
  std::vector<std::byte> block(10000);
  fill(block.data(), 10000, 7);
  for (std::size_t i : {0u, 63u, 9936u, 9999u}) {
    block[i] ^= std::byte{4};
    EXPECT_EQ(first_wrong(block.data(), 10000, 10000, 7), i);
    block[i] ^= std::byte{4};
  }
}

TEST(Contents, the_end_of_a_prefix_is_seen) {
  std::vector<std::byte> block(10000);
  for (std::size_t kept : {1u, 7u, 8u, 13u, 3001u}) {
    fill(block.data(), 10000, 7);
    fill_before(block.data(), kept, 7);
    const std::size_t from = kept - std::min<std::size_t>(kept, 8);
    EXPECT_FALSE(first_wrong_byte(block.data(), from, kept, 7));
    block[kept - 1] ^= std::byte{4};
    EXPECT_EQ(first_wrong_byte(block.data(), from, kept, 7), kept - 1);
  }
}

TEST(Contents, first_nonzero) {
  for (std::size_t bytes : {1u, 9u, 2048u, 5000u}) {
    std::vector<std::byte> block(bytes);
    EXPECT_FALSE(first_nonzero(block.data(), bytes));
    for (std::size_t i : {std::size_t{0}, bytes - 1}) {
      block[i] = std::byte{1};
      EXPECT_EQ(first_nonzero(block.data(), bytes), i);
      EXPECT_EQ(first_nonzero(block.data(), i), std::nullopt);
      block[i] = std::byte{0};
    }
  }
}

TEST(LiveBlocks, overlap) {
  LiveBlocks blocks(8);
  blocks.insert(3, {.at = 100, .request = 9, .usable = 10, .seed = 0});
  blocks.insert(1, {.at = 120, .request = 9, .usable = 10, .seed = 0});
  EXPECT_EQ(blocks.overlapping(90, 10), std::nullopt);
  EXPECT_EQ(blocks.overlapping(90, 11), 3u);
  EXPECT_EQ(blocks.overlapping(109, 1), 3u);
  EXPECT_EQ(blocks.overlapping(110, 10), std::nullopt);
  EXPECT_EQ(blocks.overlapping(110, 100), 1u);
  EXPECT_EQ(blocks.overlapping(130, 10), std::nullopt);
  EXPECT_EQ(blocks.remove(1).at, 120u);
  EXPECT_EQ(blocks.overlapping(110, 100), std::nullopt);
  EXPECT_EQ(blocks.live(), 1u);
}

template <class G>
class Expectation : public testing::Test {};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(Expectation, Geometries);

// Not the same code: the tables of SizeClasses against a search of the list.
TYPED_TEST(Expectation, agrees_with_the_size_classes) {
  using Classes = SizeClasses<TypeParam>;
  for (std::size_t size = 0; size <= Classes::kSmallLimit; ++size) {
    EXPECT_EQ(expected_usable<TypeParam>(size),
              Classes::facts(Classes::class_of(size)).block_bytes);
    EXPECT_TRUE(is_small<TypeParam>(size));
  }
  EXPECT_FALSE(is_small<TypeParam>(Classes::kSmallLimit + 1));
  EXPECT_FALSE(is_small<TypeParam>(0, 2 * Classes::kSmallLimit));
}

TEST(Run, the_same_program_runs_on_every_geometry) {
  Loaded loaded = parse_text(
      "configure threads=2\nbatch_allocate slot=0 count=8 size=class:5+1\nreallocate slot=2 "
      "size=pools:3+0\nremote_free slot=3 thread=1\nfree_interior slot=2 offset=5\naudit\n");
  for (auto geometry : {GeometryName::tiny, GeometryName::classic, GeometryName::production}) {
    loaded.program.configuration.geometry = geometry;
    const Outcome outcome = run(loaded.program);
    EXPECT_FALSE(outcome.diverged()) << to_text(*outcome.divergence, loaded.program);
    for (const Operation& operation : loaded.program.operations)
      EXPECT_EQ(outcome.executed[static_cast<std::size_t>(operation.kind)], 1u);
  }
}

TEST(Run, an_operation_in_the_wrong_state_does_nothing) {
  const Loaded loaded = parse_text("free slot=1\nreallocate slot=1\nswitch_thread thread=5\n");
  const Outcome outcome = run(loaded.program);
  EXPECT_FALSE(outcome.diverged());
  for (std::uint32_t executed : outcome.executed) EXPECT_EQ(executed, 0u);
}

struct AlwaysFinds {
  template <class Heap>
  std::string operator()(const Heap&) const {
    return "it is broken";
  }
};

TEST(Run, a_finding_of_the_audit_is_a_divergence) {
  const Loaded loaded = parse_text("allocate slot=1\nallocate slot=2\nallocate slot=3\n");
  const Outcome outcome = run_with(loaded.program, {.audit_every = 2}, AlwaysFinds{}, NoObserver{});
  ASSERT_TRUE(outcome.diverged());
  EXPECT_EQ(to_text(*outcome.divergence, loaded.program),
            "operation 2 (allocate slot=2 size=tiny:0): P10: audit: it is broken");
}

}  // namespace
}  // namespace arenite::model
