// SPDX-License-Identifier: MIT
#include "os/deepbind.hpp"

#include <dlfcn.h>

#include <atomic>

namespace arenite {

void* next_dlopen() {
  static std::atomic<void*> next{nullptr};
  void* found = next.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = ::dlsym(RTLD_NEXT, "dlopen");
    next.store(found, std::memory_order_relaxed);
  }
  return found;
}

}  // namespace arenite

extern "C" [[gnu::visibility("hidden"), gnu::used]] void* arenite_next_dlopen() {
  return arenite::next_dlopen();
}

#if defined(__x86_64__)
static_assert(RTLD_DEEPBIND == 8);
asm(R"(
  .pushsection .text
  .globl dlopen
  .type dlopen, @function
dlopen:
  .cfi_startproc
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call arenite_next_dlopen
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  andl $~8, %esi
  jmp *%rax
  .cfi_endproc
  .size dlopen, . - dlopen
  .popsection
)");
#else
// Without the jump, the C library takes this library for the caller.
extern "C" [[gnu::visibility("default")]] void* dlopen(const char* file, int mode) {
  using Dlopen = void* (*)(const char*, int);
  return reinterpret_cast<Dlopen>(arenite::next_dlopen())(file, mode & ~RTLD_DEEPBIND);
}
#endif
