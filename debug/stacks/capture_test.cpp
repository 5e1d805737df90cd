// SPDX-License-Identifier: MIT
// Captured stacks held against glibc's backtrace, on every shape of frame and kind of stack.
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <thread>

#include <gtest/gtest.h>

#include "debug/stacks/capture_fixture.hpp"
#include "debug/stacks/shapes.hpp"
#include "debug/stacks/unwind_rules.hpp"

namespace arenite {
namespace {

void try_all_shapes() {
  for (const Shape* shapes : {shapes_with_frame_pointers::shapes,
                              shapes_without_frame_pointers::shapes, shapes_optimised::shapes})
    for (unsigned i = 0; i < kShapes; ++i) {
      SCOPED_TRACE(shapes[i].name);
      unsigned calls = 0;
      shapes[i].call(compare, &calls);
      EXPECT_GE(calls, 1u);
    }
}

TEST_F(CaptureTest, EveryShapeOnTheFirstThread) {
  try_all_shapes();
}

TEST_F(CaptureTest, EveryShapeOnAThread) {
  std::thread(try_all_shapes).join();
}

TEST_F(CaptureTest, EveryShapeAgainAfterForgetting) {
  try_all_shapes();
  forget_rules();
  try_all_shapes();
}

/// Runs the callback of each shape within another shape.
void nested(void* context) {
  const auto* outer = static_cast<const Shape* const*>(context);
  if (*outer != nullptr) return (*outer)->call(nested, const_cast<const Shape**>(outer + 1));
  compare(nullptr);
}

TEST_F(CaptureTest, ShapesWithinShapes) {
  for (unsigned i = 0; i < kShapes; ++i)
    for (unsigned k = 0; k < kShapes; ++k) {
      const Shape* chain[] = {&shapes_without_frame_pointers::shapes[i],
                              &shapes_with_frame_pointers::shapes[k], &shapes_optimised::shapes[i],
                              nullptr};
      // The two that call through a variable of their own cannot be within themselves.
      nested(chain);
    }
}

TEST_F(CaptureTest, EndsWhereThePlacesEnd) {
  const Stack all = ours();
  Address frames[3] = {1, 2, 3};
  EXPECT_EQ(capture_stack(frames, 0), 0u);
  EXPECT_EQ(frames[0], 1u);
  EXPECT_EQ(capture_stack(frames, 2), 2u);
  EXPECT_EQ(frames[1], all[2]);
  EXPECT_EQ(frames[2], 3u);
}

TEST_F(CaptureTest, KeepsErrno) {
  errno = 4711;
  forget_rules();
  EXPECT_GT(ours().size(), 3u);
  EXPECT_EQ(errno, 4711);
}

[[gnu::noinline]] unsigned by_frame_address(Address* frames) {
  const unsigned count = capture_callers(__builtin_frame_address(0), frames, kMost);
  asm volatile("");
  return count;
}

TEST_F(CaptureTest, CallersOfAFrameAddress) {
  Address frames[kMost];
  const unsigned count = by_frame_address(frames);
  const Stack all = ours();
  ASSERT_EQ(count, all.size() - 1);
  EXPECT_TRUE(std::equal(frames + 1, frames + count, all.begin() + 2));
}

TEST_F(CaptureTest, OwnFramesArePassedOver) {
  const Stack all = ours();
  LoadedObject object;
  ASSERT_TRUE(find_object(all[0], object));
  std::size_t first = 0;
  while (first < all.size() && object.holds(all[first] - 1)) ++first;
  ASSERT_LT(first, all.size()) << "libc's start calls main";
  pass_over_own_frames({object.begin, object.end});
  EXPECT_EQ(ours(), Stack(all.begin() + static_cast<std::ptrdiff_t>(first), all.end()));
  // `ours` is called from another place here.
  pass_over_own_frames({all[0] - 1, all[0]});
  EXPECT_EQ(ours().size(), all.size() - 1);
  pass_over_own_frames({1, 2});
  EXPECT_EQ(ours().size(), all.size());
}

TEST_F(CaptureTest, EveryShapeOnACoroutine) {
  const FencedStack stack;
  run_on(stack, [] {
    expect_alike(ours(), theirs(), 3);
    shapes_without_frame_pointers::shapes[1].call(compare, nullptr);
    try_all_shapes();
  });
}

TEST_F(CaptureTest, CoroutinesWhoseStacksComeAndGo) {
  for (int i = 0; i < 50; ++i) {
    const FencedStack stack(static_cast<std::size_t>(16 + i % 3) << 16);
    run_on(stack, [] { shapes_optimised::shapes[1].call(compare, nullptr); });
  }
}

TEST_F(CaptureTest, ThreadsOnStacksTheyWereGiven) {
  const FencedStack stack;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ASSERT_EQ(::pthread_attr_setstack(&attributes, stack.begin, stack.bytes), 0);
  pthread_t thread;
  ASSERT_EQ(::pthread_create(
                &thread, &attributes,
                [](void*) -> void* {
                  try_all_shapes();
                  return nullptr;
                },
                nullptr),
            0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
}

using JitFunction = void (*)(void (*callback)());

class Jit {
 public:
  explicit Jit(std::initializer_list<std::uint8_t> code) {
    code_ = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::copy(code.begin(), code.end(), static_cast<std::uint8_t*>(code_) + kBegin);
    ::mprotect(code_, 4096, PROT_READ | PROT_EXEC);
  }
  ~Jit() { ::munmap(code_, 4096); }
  void call(void (*callback)()) const {
    reinterpret_cast<JitFunction>(static_cast<char*>(code_) + kBegin)(callback);
  }
  bool holds(Address at) const { return at - reinterpret_cast<Address>(code_) < 4096; }

 private:
  /// UndefinedBehaviorSanitizer looks for the function's type before it.
  static constexpr std::size_t kBegin = 64;

  void* code_;
};

Stack within_jit;
[[gnu::noinline]] void capture_within_jit() {
  within_jit = ours();
}

TEST_F(CaptureTest, MadeCodeWithAFramePointer) {
  // push rbp; mov rbp, rsp; call rdi; pop rbp; ret
  const Jit jit({0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3});
  const Stack here = ours();
  jit.call(capture_within_jit);
  asm volatile("");
  const auto place =
      std::find_if(within_jit.begin(), within_jit.end(), [&](Address at) { return jit.holds(at); });
  ASSERT_NE(place, within_jit.end());
  // Jit::call may have a frame of its own.
  ASSERT_GE(within_jit.end() - place, static_cast<std::ptrdiff_t>(here.size()) - 1);
  EXPECT_TRUE(std::equal(here.begin() + 2, here.end(),
                         within_jit.end() - static_cast<std::ptrdiff_t>(here.size() - 2)));
}

TEST_F(CaptureTest, MadeCodeWithoutAFramePointerEndsTheStackAtWorst) {
  // push rbp; xor ebp, ebp; call rdi; pop rbp; ret
  const Jit jit({0x55, 0x31, 0xed, 0xff, 0xd7, 0x5d, 0xc3});
  jit.call(capture_within_jit);
  asm volatile("");
  ASSERT_FALSE(within_jit.empty());
  EXPECT_TRUE(jit.holds(within_jit.back()));
}

}  // namespace
}  // namespace arenite
