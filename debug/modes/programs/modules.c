/* SPDX-License-Identifier: MIT
 * modules MODULE: who of program and module gets guarded blocks; whether each fails. */
#include <dlfcn.h>

#include "ask.h"

int main(int argc, char** argv) {
  void* module = dlopen(argv[1], RTLD_NOW);
  CHECK(module != NULL);
  void* (*allocate)(size_t);
  *(void**)&allocate = dlsym(module, "allocate_in_module");
  CHECK(allocate != NULL);
  void* own = malloc(100);
  void* of_module = allocate(100);
  const char* const words[] = {"plain", "guarded"};
  printf("program %s, module %s\n", own == NULL ? "null" : words[serial_of(own) != 0],
         of_module == NULL ? "null" : words[serial_of(of_module) != 0]);
  free(own);
  free(of_module);
}
