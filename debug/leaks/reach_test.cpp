// SPDX-License-Identifier: MIT
#include "debug/leaks/reach.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "debug/leaks/fake_blocks.hpp"

namespace arenite {
namespace {

/// Roots are only those a test names, so blocks are named by their order.
class ReachTest : public ::testing::Test {
 protected:
  void allocate(std::size_t count, std::size_t bytes = 32) {
    for (std::size_t i = 0; i < count; ++i) hidden_.push_back(fake_.allocate(bytes, 1));
  }
  void link_blocks(std::size_t from, std::size_t to, std::size_t at = 0, std::size_t offset = 0) {
    link(hidden_[from], hidden_[to], at, offset);
  }

  /// A letter for each block: r reached, d direct, i indirect, ? anything else.
  std::string marks(const std::vector<std::size_t>& roots, std::size_t offset = 0) {
    blocks_ = new (storage_) LiveBlocks;
    EXPECT_TRUE(blocks_->build(fake_.map(), nullptr, nullptr));
    words_.resize(blocks_->count() * Reach::kWordsPerBlock);
    reach_ = std::make_unique<Reach>(*blocks_, words_.data(), walk_);
    for (const std::size_t root : roots) reach_->add_root(~hidden_[root].inverted + offset);
    reach_->tell_leaks_apart();
    std::string letters;
    for (std::uint32_t i = 0; i < blocks_->count(); ++i) {
      const LeakMark mark = (*blocks_)[i].mark;
      letters += mark == LeakMark::reached    ? 'r'
                 : mark == LeakMark::direct   ? 'd'
                 : mark == LeakMark::indirect ? 'i'
                                              : '?';
    }
    return letters;
  }
  void TearDown() override {
    if (blocks_ != nullptr) blocks_->~LiveBlocks();
  }

  FakeBlocks fake_{std::size_t{128} << 20, 1'100'000};
  std::vector<Hidden> hidden_;
  MemoryWalk walk_;
  std::vector<std::uint32_t> words_;
  alignas(LiveBlocks) unsigned char storage_[sizeof(LiveBlocks)];
  LiveBlocks* blocks_ = nullptr;
  std::unique_ptr<Reach> reach_;
};

TEST_F(ReachTest, a_chain_from_a_root) {
  allocate(4);
  link_blocks(0, 1);
  link_blocks(1, 2, 24);
  EXPECT_EQ(marks({0}), "rrrd");
}

TEST_F(ReachTest, interior_pointers_count_and_one_past_the_end_does_not) {
  allocate(4);
  link_blocks(0, 1, 0, 31);
  link_blocks(0, 2, 8, 32);
  EXPECT_EQ(marks({0}), "rrdr");
}

TEST_F(ReachTest, words_count_at_multiples_of_eight_only) {
  allocate(2);
  link_blocks(0, 1, 4);
  EXPECT_EQ(marks({0}), "rd");
}

TEST_F(ReachTest, blocks_that_begin_anywhere_have_words_from_their_beginning_and_aligned_ones) {
  for (const std::size_t offset : {0u, 5u, 5u, 5u})
    hidden_.push_back(fake_.allocate(40, 1, offset));
  link_blocks(1, 2, 8);
  link_blocks(1, 3, 19);
  EXPECT_EQ(marks({1}), "drrr");
  // A large one: its words also lie across the edges of pages.
  hidden_.push_back(fake_.allocate(20000, 1, 5));
  link_blocks(4, 0, 4088);
  link_blocks(4, 1, 11);
  TearDown();
  EXPECT_EQ(marks({4}), "rrrrr");
}

TEST_F(ReachTest, words_of_a_large_block_count_from_its_beginning_wherever_that_is) {
  for (std::size_t offset = 0; offset < 8; ++offset) {
    hidden_.push_back(fake_.allocate(20000, 1, offset));
    allocate(1);
    link_blocks(2 * offset, 2 * offset + 1, 16);
  }
  EXPECT_EQ(marks({0, 2, 4, 6, 8, 10, 12, 14}), std::string(16, 'r'));
}

TEST_F(ReachTest, words_too_short_for_their_block) {
  hidden_.push_back(fake_.allocate(12, 1));
  hidden_.push_back(fake_.allocate(7, 1));
  hidden_.push_back(fake_.allocate(0, 1));
  hidden_.push_back(fake_.allocate(8, 1));
  // Behind the end of block 0 lies a pointer to block 3.
  link_blocks(0, 3, 8);
  EXPECT_EQ(marks({0, 2}), "rdrd");
}

TEST_F(ReachTest, large_blocks_are_read_to_their_end) {
  hidden_.push_back(fake_.allocate(1'000'000, 1));
  allocate(2);
  link_blocks(0, 1, 999'992);
  link_blocks(0, 2, 400'000);
  EXPECT_EQ(marks({0}), "rrr");
}

TEST_F(ReachTest, a_block_the_program_has_protected_does_no_harm) {
  hidden_.push_back(fake_.allocate(16384, 1));
  allocate(1);
  const Address page = (~hidden_[0].inverted + 4095) & ~Address{4095};
  ASSERT_EQ(::mprotect(reinterpret_cast<void*>(page), 4096, PROT_NONE), 0);
  link_blocks(0, 1, 12000);
  EXPECT_EQ(marks({0}), "rr");
  ::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE);
}

TEST_F(ReachTest, direct_and_indirect) {
  allocate(6);
  link_blocks(3, 0);
  link_blocks(0, 5);
  link_blocks(4, 5);
  EXPECT_EQ(marks({1}), "irdddi");
  EXPECT_EQ(reach_->top_of(0), 3u);
  EXPECT_EQ(reach_->top_of(3), 3u);
}

TEST_F(ReachTest, as_many_words_as_it_is_given_are_enough) {
  constexpr std::size_t kPage = MemoryWalk::kPageBytes;
  constexpr std::uint32_t kBlocks = kPage / (Reach::kWordsPerBlock * sizeof(std::uint32_t));
  const MappedMemory words(2 * kPage);
  ASSERT_EQ(::mprotect(words.data(kPage), kPage, PROT_NONE), 0);
  allocate(kBlocks);
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(fake_.map(), nullptr, nullptr));
  Reach reach(blocks, words.data<std::uint32_t>(), walk_);
  reach.tell_leaks_apart();
  for (std::uint32_t i = 0; i < kBlocks; ++i) EXPECT_EQ(reach.top_of(i), i);
}

TEST_F(ReachTest, a_block_that_points_to_itself_is_direct) {
  allocate(2);
  link_blocks(0, 0);
  EXPECT_EQ(marks({}), "dd");
}

TEST_F(ReachTest, of_a_cycle_one_member_is_direct) {
  allocate(3);
  link_blocks(0, 1);
  link_blocks(1, 2);
  link_blocks(2, 0);
  EXPECT_EQ(marks({}), "dii");
}

TEST_F(ReachTest, what_hangs_from_a_cycle_is_indirect_wherever_it_lies) {
  allocate(4);
  link_blocks(2, 3);
  link_blocks(3, 2);
  link_blocks(3, 0, 8);
  link_blocks(0, 1);
  const std::string found = marks({});
  EXPECT_TRUE(found == "iidi" || found == "iiid") << found;
  EXPECT_EQ(reach_->top_of(1), reach_->top_of(0));
}

TEST_F(ReachTest, a_cycle_below_a_cycle_is_indirect) {
  // 0 and 1, reached through 1 from 2 and 3.
  allocate(4);
  link_blocks(0, 1);
  link_blocks(1, 0);
  link_blocks(2, 3);
  link_blocks(3, 2);
  link_blocks(3, 1, 8);
  const std::string found = marks({});
  EXPECT_TRUE(found == "iidi" || found == "iiid") << found;
}

TEST_F(ReachTest, a_cycle_below_a_direct_leak_is_indirect) {
  allocate(3);
  link_blocks(0, 1);
  link_blocks(1, 0);
  link_blocks(2, 1);
  EXPECT_EQ(marks({}), "iid");
}

TEST_F(ReachTest, a_chain_of_a_million_blocks) {
  allocate(1'000'000, 16);
  for (std::size_t i = 1; i < 1'000'000; ++i) link_blocks(i - 1, i);
  EXPECT_EQ(marks({0}), std::string(1'000'000, 'r'));
  TearDown();
  EXPECT_EQ(marks({}), "d" + std::string(999'999, 'i'));
  link_blocks(999'999, 0);
  TearDown();
  const std::string found = marks({});
  EXPECT_EQ(std::count(found.begin(), found.end(), 'd'), 1);
  EXPECT_EQ(std::count(found.begin(), found.end(), 'i'), 999'999);
}

TEST_F(ReachTest, a_block_that_points_to_a_million) {
  hidden_.push_back(fake_.allocate(8'000'000, 1));
  allocate(1'000'000, 16);
  for (std::size_t i = 1; i <= 1'000'000; ++i) link_blocks(0, i, (i - 1) * 8);
  EXPECT_EQ(marks({0}), std::string(1'000'001, 'r'));
}

}  // namespace
}  // namespace arenite
