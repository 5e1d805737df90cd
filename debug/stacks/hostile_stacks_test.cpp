// SPDX-License-Identifier: MIT
// Stacks and registers that hold anything; and every single instruction of every shape.
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/capture.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/shapes.hpp"

namespace arenite {
namespace {

constexpr unsigned kMost = 64;

/// Two pages that can be read between two that cannot.
struct FencedWords {
  static constexpr std::size_t kWords = 1024;
  FencedWords() {
    mapped = static_cast<char*>(
        ::mmap(nullptr, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(mapped + 4096, 2 * 4096, PROT_READ | PROT_WRITE);
    words = reinterpret_cast<Address*>(mapped + 4096);
  }
  ~FencedWords() { ::munmap(mapped, 4 * 4096); }
  char* mapped;
  Address* words;
};

TEST(HostileStacksTest, WordsOfAnyKindEndAStack) {
  prepare_objects();
  const FencedWords stack;
  std::mt19937_64 random(17);
  LoadedObject own, libc;
  ASSERT_TRUE(find_object(reinterpret_cast<Address>(&prepare_objects), own));
  ASSERT_TRUE(find_object(reinterpret_cast<Address>(&::a64l), libc));
  const ByteRange texts[] = {own.readable_around(reinterpret_cast<Address>(&prepare_objects)),
                             libc.readable_around(reinterpret_cast<Address>(&::a64l))};
  const auto code = [&] {
    const ByteRange& text = texts[random() % 2];
    return text.begin + random() % (text.end - text.begin);
  };
  const auto place = [&] { return reinterpret_cast<Address>(stack.words) + random() % 1030 * 8; };
  const auto word = [&]() -> Address {
    switch (random() % 8) {
      case 0:
        return random();
      case 1:
        return random() % 3;
      case 2:
        return place() + random() % 8;
      case 3:
      case 4:
        return place();
      default:
        return code();
    }
  };
  unsigned long frames_seen = 0, longest = 0;
  for (int round = 0; round < 20000; ++round) {
    for (std::size_t i = 0; i < FencedWords::kWords; ++i) stack.words[i] = word();
    for (int start = 0; start < 10; ++start) {
      ucontext_t context{};
      context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(start % 4 == 0 ? word() : code());
      context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(start == 0 ? random() : place());
      context.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(word());
      Address frames[kMost];
      const unsigned count = capture_from_context(context, frames, kMost);
      ASSERT_GE(count, 1u);
      ASSERT_LE(count, kMost);
      frames_seen += count;
      longest = std::max<unsigned long>(longest, count);
    }
    if (round == 200 && frames_seen > 2000 * 3) round = 18000;
  }
  EXPECT_GT(frames_seen, 2000u * 2) << "some steps were taken";
  EXPECT_GT(longest, 4u);
}

/// The C library's return from handlers: found in a handler's stack.
Address trampoline;

void find_trampoline(int) {
  Address frames[3];
  if (capture_stack(frames, 3) >= 2) trampoline = frames[1];
}

TEST(HostileStacksTest, ARingOfSignalFramesEndsWithThePlaces) {
  prepare_objects();
  struct sigaction action{};
  action.sa_handler = find_trampoline;
  ::sigaction(SIGUSR2, &action, nullptr);
  ::raise(SIGUSR2);
  ASSERT_NE(trampoline, 0u);
  const FencedWords stack;
  const auto begin = reinterpret_cast<Address>(stack.words);
  auto& forged = *reinterpret_cast<ucontext_t*>(stack.words);
  forged.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(trampoline - 1);
  forged.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(begin);
  Address frames[kMost];
  const unsigned count = capture_from_context(forged, frames, kMost);
  ASSERT_EQ(count, kMost);
  EXPECT_EQ(frames[kMost - 1], trampoline);
}

// ---------------------------------------------------------------------------------------------
// Instruction by instruction.

struct Stepped {
  std::vector<Address> outer;  ///< how each stack must end
  volatile bool on = false;
  unsigned instructions = 0;
  unsigned wrong = 0;
  Address first_wrong = 0;
} stepped;

void at_instruction(int, siginfo_t*, void* context) {
  constexpr greg_t kTrapFlag = 0x100;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  if (!stepped.on) {
    interrupted.uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
    return;
  }
  interrupted.uc_mcontext.gregs[REG_EFL] |= kTrapFlag;
  Address frames[kMost];
  const unsigned count = capture_from_context(interrupted, frames, kMost);
  ++stepped.instructions;
  const std::size_t outer = stepped.outer.size();
  if (count > outer &&
      std::equal(stepped.outer.begin(), stepped.outer.end(), frames + count - outer))
    return;
  if (stepped.wrong++ == 0) stepped.first_wrong = frames[0];
}

void nothing(void* context) {
  // Through the PLT where this is compiled to need it.
  if (context != nullptr) *static_cast<long*>(context) = ::strtol("17", nullptr, 10);
}

[[gnu::noinline]] void step_through(const Shape& shape, void* context) {
  Address frames[kMost];
  const unsigned count = capture_stack(frames, kMost);
  // The first is here; what this function calls is inside.
  stepped.outer.assign(frames + 1, frames + count);
  shape.call(nothing, context);
  stepped.on = true;
  ::raise(SIGTRAP);
  shape.call(nothing, context);
  stepped.on = false;
}

void step_through_all(const Shape* shapes) {
  for (unsigned i = 0; i < kShapes; ++i) {
    SCOPED_TRACE(shapes[i].name);
    stepped.instructions = stepped.wrong = 0;
    long context = 0;
    step_through(shapes[i], &context);
    EXPECT_GT(stepped.instructions, 40u);
    // While a stack is being realigned, some instructions have nothing but r10 to find it by.
    const unsigned allowed = std::strcmp(shapes[i].name, "aligned") == 0 ? 12 : 0;
    EXPECT_LE(stepped.wrong, allowed)
        << "of " << stepped.instructions << ", first at " << std::hex << stepped.first_wrong;
  }
}

TEST(HostileStacksTest, EveryInstructionOfEveryShape) {
  prepare_objects();
  struct sigaction action{};
  action.sa_sigaction = at_instruction;
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGTRAP, &action, nullptr), 0);
  step_through_all(shapes_with_frame_pointers::shapes);
  step_through_all(shapes_without_frame_pointers::shapes);
  step_through_all(shapes_optimised::shapes);
  ::signal(SIGTRAP, SIG_DFL);
}

}  // namespace
}  // namespace arenite
