// SPDX-License-Identifier: MIT
// Captured stacks held against glibc's backtrace, on every shape of frame and every kind of stack.
#include "debug/stacks/capture.hpp"

#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/shapes.hpp"
#include "debug/stacks/unwind_rules.hpp"

namespace arenite {
namespace {

constexpr unsigned kMost = 128;
using Stack = std::vector<Address>;

class CaptureTest : public testing::Test {
 protected:
  void SetUp() override { prepare_objects(); }
  void TearDown() override { pass_over_own_frames({}); }
};

[[gnu::noinline]] Stack ours() {
  Address frames[kMost];
  const unsigned count = capture_stack(frames, kMost);
  return {frames, frames + count};
}

/// From glibc. A sanitizer may put frames of its own before them.
[[gnu::noinline]] Stack theirs() {
  void* frames[kMost];
  const int count = ::backtrace(frames, kMost);
  Stack stack;
  for (int i = 0; i < count; ++i) stack.push_back(reinterpret_cast<Address>(frames[i]));
  return stack;
}

/// Whether both stacks go on alike from the caller of whoever captured them. What a signal
/// interrupted is one more in ours.
void expect_alike(const Stack& mine, const Stack& other, unsigned least) {
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

[[gnu::noinline]] void compare(void* context) {
  const Stack mine = ours(), other = theirs();
  expect_alike(mine, other, 5);
  if (context != nullptr) ++*static_cast<unsigned*>(context);
}

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

// ---------------------------------------------------------------------------------------------
// Other stacks.

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
void run_on(const FencedStack& stack, void (*body)()) {
  static ucontext_t here, there;
  ASSERT_EQ(::getcontext(&there), 0);
  there.uc_stack.ss_sp = stack.begin;
  there.uc_stack.ss_size = stack.bytes;
  there.uc_link = &here;
  ::makecontext(&there, body, 0);
  ASSERT_EQ(::swapcontext(&here, &there), 0);
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

// ---------------------------------------------------------------------------------------------
// Signals.

Stack in_handler, in_handler_by_glibc, from_context;
Address interrupted_pc;

void handle(int, siginfo_t*, void* context) {
  const auto& interrupted = *static_cast<const ucontext_t*>(context);
  interrupted_pc = static_cast<Address>(interrupted.uc_mcontext.gregs[REG_RIP]);
  in_handler = ours();
  in_handler_by_glibc = theirs();
  Address frames[kMost];
  from_context.assign(frames, frames + capture_from_context(interrupted, frames, kMost));
}

void install(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  ASSERT_EQ(::sigaction(signal, &action, nullptr), 0);
}

void set_alternate_stack(const FencedStack* stack) {
  stack_t alternate{};
  if (stack == nullptr) {
    alternate.ss_flags = SS_DISABLE;
  } else {
    alternate.ss_sp = stack->begin;
    alternate.ss_size = stack->bytes;
  }
  ASSERT_EQ(::sigaltstack(&alternate, nullptr), 0);
}

void raise_and_compare(void*) {
  const Stack before = ours();
  ::raise(SIGUSR1);
  expect_alike(in_handler, in_handler_by_glibc, 7);
  ASSERT_GE(from_context.size(), 4u);
  EXPECT_EQ(from_context[0], interrupted_pc);
  // The same frames as without a signal, except the one that raised.
  ASSERT_GE(from_context.size(), before.size() - 2);
  EXPECT_TRUE(std::equal(before.begin() + 2, before.end(),
                         from_context.end() - static_cast<std::ptrdiff_t>(before.size() - 2)));
  const auto place = std::find(in_handler.begin(), in_handler.end(), interrupted_pc + 1);
  ASSERT_NE(place, in_handler.end());
  EXPECT_TRUE(
      std::equal(place + 1, in_handler.end(), from_context.begin() + 1, from_context.end()));
}

TEST_F(CaptureTest, ThroughASignalHandler) {
  install(SIGUSR1, handle, 0);
  for (unsigned i = 0; i < kShapes; ++i) {
    shapes_without_frame_pointers::shapes[i].call(raise_and_compare, nullptr);
    shapes_with_frame_pointers::shapes[i].call(raise_and_compare, nullptr);
  }
}

TEST_F(CaptureTest, ThroughASignalHandlerOnItsOwnStack) {
  install(SIGUSR1, handle, SA_ONSTACK);
  const auto body = [] {
    const FencedStack alternate(1 << 18);
    set_alternate_stack(&alternate);
    for (unsigned i = 0; i < kShapes; ++i)
      shapes_optimised::shapes[i].call(raise_and_compare, nullptr);
    set_alternate_stack(nullptr);
  };
  body();
  std::thread(body).join();
}

sigjmp_buf way_back;

void leave(int signal, siginfo_t* information, void* context) {
  handle(signal, information, context);
  ::siglongjmp(way_back, 1);
}

__attribute__((noinline, no_sanitize("undefined"))) void call_nowhere() {
  void (*volatile nowhere)() = nullptr;
  nowhere();
  asm volatile("");
}

TEST_F(CaptureTest, ACallToNowhere) {
  install(SIGSEGV, leave, 0);
  const Stack here = ours();
  if (sigsetjmp(way_back, 1) == 0) call_nowhere();
  ::signal(SIGSEGV, SIG_DFL);
  EXPECT_EQ(from_context[0], 0u);
  ASSERT_EQ(from_context.size(), here.size() + 1);
  EXPECT_TRUE(std::equal(here.begin() + 2, here.end(), from_context.begin() + 3));
}

[[gnu::noinline]] unsigned endless(unsigned depth) {
  volatile unsigned words[100];
  words[depth % 100] = depth;
  return words[depth % 100] == ~0u ? 0 : endless(depth + 1) + words[depth % 100];
}

TEST_F(CaptureTest, AStackThatIsUsedUp) {
  const FencedStack stack(1 << 17), alternate(1 << 18);
  set_alternate_stack(&alternate);
  install(SIGSEGV, leave, SA_ONSTACK);
  run_on(stack, [] {
    if (sigsetjmp(way_back, 1) == 0) endless(0);
  });
  ::signal(SIGSEGV, SIG_DFL);
  set_alternate_stack(nullptr);
  ASSERT_EQ(from_context.size(), kMost);
  EXPECT_EQ(from_context[5], from_context[kMost - 1]) << "the same call over and over";
}

// ---------------------------------------------------------------------------------------------
// Code without tables.

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
