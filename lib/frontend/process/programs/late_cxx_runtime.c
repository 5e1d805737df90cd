// SPDX-License-Identifier: MIT
// A C program without a C++ runtime until it opens a module, which keeps the runtime to itself: the
// module's operators are Arenite's, and throw.
#include "modules.h"

static void try_module(int flags) {
  void* module = opened("cxx_module.so", flags);
  void* (*make)(size_t);
  void (*release)(void*);
  int (*catches)(void);
  FIND(make, module, "module_new");
  FIND(release, module, "module_delete");
  FIND(catches, module, "module_catches_bad_alloc");
  void* block = make(100);
  CHECK(is_ours(block));
  release(block);
  CHECK(catches() == 1);
  CHECK(dlclose(module) == 0);
}

int main(void) {
  CHECK(dlopen("libstdc++.so.6", RTLD_NOW | RTLD_NOLOAD) == NULL);
  try_module(RTLD_LOCAL);
  try_module(RTLD_LOCAL | RTLD_DEEPBIND);
  puts("done");
}
