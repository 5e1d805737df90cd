// SPDX-License-Identifier: MIT
#include "debug/modes/new_modules.hpp"

#include <dlfcn.h>

#include <cerrno>

#include "debug/modes/layer.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/unwind_rules.hpp"

extern "C" {

/// Before dlsym runs, with all registers of the caller kept; returns where to go on.
[[gnu::visibility("hidden"), gnu::used]] void* arenite_look_for_modules() {
  const int kept = errno;
  if (arenite::process_calls.pass().modules != 0) {
    arenite::refresh_objects();
    arenite::forget_rules();
    arenite::layer.python.find();
  }
  errno = kept;
  return reinterpret_cast<void*>(&::dlsym);
}

[[gnu::visibility("hidden")]] void* arenite_dlsym(void*, const char*);
}

// A jump, not a call: what RTLD_NEXT means depends on the caller's address.
asm(R"(
  .pushsection .text
  .globl arenite_dlsym
  .hidden arenite_dlsym
  .type arenite_dlsym, @function
arenite_dlsym:
  .cfi_startproc
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call arenite_look_for_modules
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  jmp *%rax
  .cfi_endproc
  .size arenite_dlsym, . - arenite_dlsym
  .popsection
)");

namespace arenite {

bool add_module_functions(Redirector& redirector) {
  return redirector.add("dlsym", reinterpret_cast<void*>(&arenite_dlsym), nullptr);
}

}  // namespace arenite
