// SPDX-License-Identifier: MIT
// Captured from signal handlers, and what they interrupted.
#include <setjmp.h>
#include <signal.h>

#include <thread>

#include <gtest/gtest.h>

#include "debug/stacks/capture_fixture.hpp"
#include "debug/stacks/shapes.hpp"

namespace arenite {
namespace {

using CaptureSignalTest = CaptureTest;

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

TEST_F(CaptureSignalTest, ThroughASignalHandler) {
  install(SIGUSR1, handle, 0);
  for (unsigned i = 0; i < kShapes; ++i) {
    shapes_without_frame_pointers::shapes[i].call(raise_and_compare, nullptr);
    shapes_with_frame_pointers::shapes[i].call(raise_and_compare, nullptr);
  }
}

TEST_F(CaptureSignalTest, ThroughASignalHandlerOnItsOwnStack) {
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

TEST_F(CaptureSignalTest, ACallToNowhere) {
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

TEST_F(CaptureSignalTest, AStackThatIsUsedUp) {
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

}  // namespace
}  // namespace arenite
