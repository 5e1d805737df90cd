// SPDX-License-Identifier: MIT
// no_cxx_runtime new|nothrow: a program of C alone asks operator new, by its name, for more than
// there is.
#include <stdint.h>

#include "program.h"

static void* operator_named(const char* name) {
  void* found = dlsym(RTLD_DEFAULT, name);
  CHECK(found != NULL);
  return found;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  CHECK(dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD) == NULL);
  CHECK(dlopen("libc++.so.1", RTLD_LAZY | RTLD_NOLOAD) == NULL);
  if (strcmp(argv[1], "new") == 0) {
    void* (*operator_new)(size_t);
    *(void**)&operator_new = operator_named("_Znwm");
    operator_new(SIZE_MAX / 2);
  } else {
    void* (*operator_new)(size_t, const void*);
    *(void**)&operator_new = operator_named("_ZnwmRKSt9nothrow_t");
    CHECK(operator_new(SIZE_MAX / 2, "") == NULL);
  }
  use_malloc();
  puts("done");
}
