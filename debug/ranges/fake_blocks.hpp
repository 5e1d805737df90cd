// SPDX-License-Identifier: MIT
// For tests: blocks in a static array, laid out as a guarded heap would, and the wrappers by name.
// What lies around a block is readable and holds zeroes, so that a call that runs out of its block
// does no harm.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "debug/ranges/check.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {

/// All wrappers. What the test itself calls is none of its subjects, so slots are as they were.
inline const Redirector& all_wrappers() {
  static Redirector redirector;
  static const bool ready = [] {
    const bool added = add_range_functions(redirector);
    redirector.pass();
    redirector.undo();
    return added;
  }();
  EXPECT_TRUE(ready);
  return redirector;
}

/// The wrapper of a function of the C library.
template <class Function>
Function* wrapper(const char* name) {
  for (const Redirector::Entry& entry : all_wrappers().entries())
    if (entry.name == name) return reinterpret_cast<Function*>(entry.replacement);
  ADD_FAILURE() << name << " is not wrapped";
  return nullptr;
}

class FakeBlocks : public ::testing::Test {
 protected:
  static constexpr std::size_t kGuardBytes = 64;

  FakeBlocks() {
    std::memset(memory_, 0, sizeof memory_);
    current_ = this;
    RangeCheck check;
    check.map.context = this;
    check.map.find = &find;
    check.heaps[0] = {reinterpret_cast<Address>(memory_), sizeof memory_ / 2};
    check.heaps[1] = {reinterpret_cast<Address>(memory_) + sizeof memory_ / 2, sizeof memory_ / 2};
    check.found = [](const RangeFault& fault) {
      errno = 4711;
      current_->faults_.push_back(fault);
    };
    set_range_check(check);
  }

  ~FakeBlocks() override { set_range_check({}); }

  char* allocate(std::size_t bytes) {
    BlockFacts block;
    block.outer_begin = reinterpret_cast<Address>(memory_) + used_;
    block.begin = block.outer_begin + kGuardBytes;
    block.size = bytes;
    used_ += (2 * kGuardBytes + bytes + 15) / 16 * 16;
    block.outer_end = reinterpret_cast<Address>(memory_) + used_;
    block.state = BlockState::live;
    EXPECT_LE(used_, sizeof memory_);
    blocks_.push_back(block);
    return reinterpret_cast<char*>(block.begin);
  }

  /// A block that holds the text and no zero.
  char* unterminated(const std::string& text) {
    char* const block = allocate(text.size());
    std::copy(text.begin(), text.end(), block);
    return block;
  }
  wchar_t* unterminated(const std::wstring& text) {
    auto* const block = reinterpret_cast<wchar_t*>(allocate(text.size() * sizeof(wchar_t)));
    std::copy(text.begin(), text.end(), block);
    return block;
  }
  char* terminated(const std::string& text) { return unterminated(text + '\0'); }
  wchar_t* terminated(const std::wstring& text) { return unterminated(text + L'\0'); }

  void release(const void* block) {
    for (BlockFacts& facts : blocks_)
      if (facts.begin == reinterpret_cast<Address>(block)) facts.state = BlockState::freed;
  }

  void forget_blocks() {
    std::memset(memory_, 0, sizeof memory_);
    blocks_.clear();
    used_ = 0;
  }

  /// All of the memory in which blocks lie.
  static std::string contents() { return {memory_, sizeof memory_}; }

  /// What was found since the last call.
  std::vector<RangeFault> take_faults() { return std::exchange(faults_, {}); }

  void expect_silence(const std::string& what) {
    for (const RangeFault& fault : take_faults())
      ADD_FAILURE() << what << ": " << fault.function << " of " << fault.bytes << " bytes, "
                    << fault.bad - fault.block.begin << " after the beginning of "
                    << fault.block.size;
  }

  void expect_fault(const std::string& function, Fault kind, Access access, const void* begin,
                    const void* bad, std::size_t bytes = 0) {
    const auto faults = take_faults();
    ASSERT_EQ(faults.size(), 1u) << function;
    EXPECT_EQ(faults[0].function, function);
    EXPECT_EQ(faults[0].fault, kind) << function;
    EXPECT_EQ(faults[0].access, access) << function;
    EXPECT_EQ(faults[0].begin, reinterpret_cast<Address>(begin)) << function;
    EXPECT_EQ(faults[0].bad, reinterpret_cast<Address>(bad)) << function;
    if (bytes != 0) {
      EXPECT_EQ(faults[0].bytes, bytes) << function;
    }
  }

 private:
  static bool find(void* context, Address at, BlockFacts& facts) {
    for (const BlockFacts& block : static_cast<FakeBlocks*>(context)->blocks_)
      if (at >= block.outer_begin && at < block.outer_end) {
        facts = block;
        return true;
      }
    return false;
  }

  inline static FakeBlocks* current_ = nullptr;
  alignas(16) inline static char memory_[1 << 16];
  std::size_t used_ = 0;
  std::vector<BlockFacts> blocks_;
  std::vector<RangeFault> faults_;
};

}  // namespace arenite
