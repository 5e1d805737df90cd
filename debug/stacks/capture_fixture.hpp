// SPDX-License-Identifier: MIT
// Both captures of a stack and how they are held against each other; stacks to do it on. Test only.
#pragma once

#include <execinfo.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/capture.hpp"
#include "debug/stacks/loaded_objects.hpp"

namespace arenite {

inline constexpr unsigned kMost = 128;
using Stack = std::vector<Address>;

class CaptureTest : public testing::Test {
 protected:
  void SetUp() override { prepare_objects(); }
  void TearDown() override { pass_over_own_frames({}); }
};

[[gnu::noinline]] inline Stack ours() {
  Address frames[kMost];
  const unsigned count = capture_stack(frames, kMost);
  return {frames, frames + count};
}

/// From glibc. A sanitizer may put frames of its own before them.
[[gnu::noinline]] inline Stack theirs() {
  void* frames[kMost];
  const int count = ::backtrace(frames, kMost);
  Stack stack;
  for (int i = 0; i < count; ++i) stack.push_back(reinterpret_cast<Address>(frames[i]));
  return stack;
}

/// Whether both stacks go on alike from the caller of whoever captured them. What a signal
/// interrupted is one more in ours.
inline void expect_alike(const Stack& mine, const Stack& other, unsigned least) {
  ASSERT_GE(mine.size(), least);
  // The first two are the calls in `ours` or `theirs` and of them, which differ.
  const auto common = std::find(other.begin(), other.end(), mine[2]);
  ASSERT_NE(common, other.end());
  ASSERT_EQ(mine.size() - 2, static_cast<std::size_t>(other.end() - common));
  for (std::size_t i = 2; i < mine.size(); ++i) {
    const Address wanted = common[static_cast<std::ptrdiff_t>(i) - 2];
    EXPECT_TRUE(mine[i] == wanted || mine[i] == wanted + 1)
        << i << ": " << std::hex << mine[i] << ", not " << wanted;
  }
}

[[gnu::noinline]] inline void compare(void* context) {
  const Stack mine = ours(), other = theirs();
  expect_alike(mine, other, 5);
  if (context != nullptr) ++*static_cast<unsigned*>(context);
}

/// A stack between two pages that cannot be read.
class FencedStack {
 public:
  static constexpr std::size_t kPage = 4096;

  explicit FencedStack(std::size_t size = 1 << 20) : bytes(size) {
    mapped_ = static_cast<char*>(::mmap(nullptr, bytes + 2 * kPage, PROT_NONE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    begin = mapped_ + kPage;
    ::mprotect(begin, bytes, PROT_READ | PROT_WRITE);
  }
  ~FencedStack() { ::munmap(mapped_, bytes + 2 * kPage); }

  char* begin;
  std::size_t bytes;

 private:
  char* mapped_;
};

/// Runs `body` on a stack of its own.
inline void run_on(const FencedStack& stack, void (*body)()) {
  static ucontext_t here, there;
  ASSERT_EQ(::getcontext(&there), 0);
  there.uc_stack.ss_sp = stack.begin;
  there.uc_stack.ss_size = stack.bytes;
  there.uc_link = &here;
  ::makecontext(&there, body, 0);
  ASSERT_EQ(::swapcontext(&here, &there), 0);
}

}  // namespace arenite
