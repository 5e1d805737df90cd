// SPDX-License-Identifier: MIT
#include "proptests/schedule/fiber.hpp"

#include <sys/mman.h>

#include <cstdlib>

// Saves what a called function must keep on the one stack, takes it from the other. The first
// switch to a fiber returns into the trampoline, which finds entry and argument in saved registers.
extern "C" void arenite_schedule_switch(void** from, void* to);
extern "C" void arenite_schedule_trampoline();
asm(R"(
  .text
  .type arenite_schedule_switch, @function
arenite_schedule_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size arenite_schedule_switch, . - arenite_schedule_switch

  .type arenite_schedule_trampoline, @function
arenite_schedule_trampoline:
  .cfi_startproc
  .cfi_undefined rip
  movq %r12, %rdi
  callq *%rbx
  ud2
  .cfi_endproc
  .size arenite_schedule_trampoline, . - arenite_schedule_trampoline
)");

namespace arenite::schedule {

Fiber::~Fiber() {
  if (stack_ != 0) ::munmap(reinterpret_cast<void*>(stack_), kStackBytes);
}

void Fiber::begin(void (*entry)(void*), void* argument) {
  if (stack_ == 0) {
    void* at =
        ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) std::abort();
    stack_ = reinterpret_cast<std::uintptr_t>(at);
  }
  // As the switch leaves a stack: six registers and the address to return to, placed so that the
  // trampoline's call finds the stack at a multiple of 16.
  auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + kStackBytes) - 9;
  top[0] = top[1] = top[2] = 0;
  top[3] = reinterpret_cast<std::uintptr_t>(argument);
  top[4] = reinterpret_cast<std::uintptr_t>(entry);
  top[5] = 0;
  top[6] = reinterpret_cast<std::uintptr_t>(&arenite_schedule_trampoline);
  pointer_ = top;
}

void Fiber::switch_to(Fiber& to) {
  arenite_schedule_switch(&pointer_, to.pointer_);
}

}  // namespace arenite::schedule
