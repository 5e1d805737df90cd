// SPDX-License-Identifier: MIT
// Opens another module, which only this one's RUNPATH leads to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

void* module_open_inner(int flags) {
  // Volatile, so that the call is no jump, after which the C library would take the program for the
  // caller.
  void* volatile inner = dlopen("inner_module.so", RTLD_NOW | flags);
  return inner;
}
