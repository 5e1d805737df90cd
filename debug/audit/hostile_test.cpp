// SPDX-License-Identifier: MIT
// An audit meets whatever it meets: no crash, no endless walk, no read outside what it was given.
#include <random>

#include "debug/audit/audit_fixture.hpp"

namespace arenite {
namespace {

template <class G>
class HostileTest : public AuditFixture<G> {
 protected:
  /// The heap's root and tables, but not its users' memory, as stretches of bytes.
  std::vector<Region> state() {
    auto& root = this->root();
    const Address here = reinterpret_cast<Address>(&root);
    std::vector<Region> stretches{{here, here + sizeof root}};
    for (const Stretch<Native>* stretch : {&root.arenas, &root.class_bytes, &root.pools,
                                           &root.bitmaps, &root.shelves, &root.threads})
      stretches.push_back({stretch->address, stretch->address + stretch->committed});
    return stretches;
  }
};
TYPED_TEST_SUITE(HostileTest, AuditedGeometries);

constexpr std::uint64_t kTelling[] = {0,        1,         0x7f, 0xffffffff, ~std::uint64_t{0},
                                      1u << 31, 1ull << 46};

TYPED_TEST(HostileTest, any_words_anywhere) {
  this->fill();
  this->true_reservation();
  const std::vector<Region> state = this->state();
  std::vector<std::vector<unsigned char>> sound;
  for (const Region& region : state) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(region.begin);
    sound.emplace_back(bytes, bytes + (region.end - region.begin));
  }
  std::mt19937_64 random(11);
  int found = 0;
  for (int round = 0; round < 2000; ++round) {
    const int words = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < words; ++i) {
      const Region& region = state[random() % state.size()];
      const std::size_t used = std::min<std::size_t>(region.end - region.begin, 8192);
      const Address at = region.begin + random() % (used / 4) * 4;
      const std::uint64_t value =
          random() % 2 == 0 ? random() : kTelling[random() % std::size(kTelling)];
      std::memcpy(reinterpret_cast<void*>(at), &value, 4);
    }
    const auto report = this->audit();
    found += report.ids.empty() ? 0 : 1;
    ASSERT_TRUE(!report.ids.empty() || report.end == AuditEnd::complete);
    for (std::size_t i = 0; i < state.size(); ++i)
      std::memcpy(reinterpret_cast<void*>(state[i].begin), sound[i].data(), sound[i].size());
  }
  EXPECT_TRUE(this->audit().only({})) << this->audit();
  EXPECT_GT(found, 200);
}

/// Refuses every read from the n-th on, or the n-th alone.
struct FailingView {
  std::uint64_t* reads;
  std::uint64_t first;
  bool once;
  bool read(Address at, void* to, std::size_t bytes) const {
    const std::uint64_t number = (*reads)++;
    if (once ? number == first : number >= first) return false;
    OwnMemory::copy(at, to, bytes);
    return true;
  }
};

TYPED_TEST(HostileTest, any_read_may_fail_and_is_told) {
  this->fill();
  std::uint64_t reads = 0;
  EXPECT_TRUE(this->audit_through(FailingView{&reads, ~std::uint64_t{0}, true}).only({}));
  const std::uint64_t all = reads;
  ASSERT_GT(all, 50u);
  const std::uint64_t step = std::max<std::uint64_t>(1, all / 400);
  std::uint64_t told = 0;
  for (std::uint64_t first = 0; first < all; first += step) {
    reads = 0;
    const auto one = this->audit_through(FailingView{&reads, first, true});
    // A sound heap stays one. The statistics at the end read all once more, and say nothing.
    EXPECT_TRUE(one.only({})) << one << first;
    reads = 0;
    const auto rest = this->audit_through(FailingView{&reads, first, false});
    EXPECT_TRUE(rest.only({})) << rest << first;
    told += one.unreadable > 0 && rest.unreadable > 0 ? 1 : 0;
  }
  EXPECT_GT(told, all / step / 2);
}

TYPED_TEST(HostileTest, nothing_readable) {
  std::uint64_t reads = 0;
  const auto report = this->audit_through(FailingView{&reads, 0, false});
  EXPECT_EQ(report.end, AuditEnd::no_root);
  EXPECT_EQ(report.unreadable, 1u);
}

}  // namespace
}  // namespace arenite
