// SPDX-License-Identifier: MIT
// Loads and unloads a module that allocates, given as the argument; its blocks outlive it.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "sum.h"

typedef char* (*Text)(int number);

int main(int count, char** arguments) {
  if (count != 2) return 64;
  char* texts[100];
  for (int i = 0; i < 100; ++i) {
    void* module = dlopen(arguments[1], RTLD_NOW | (i % 2 ? RTLD_GLOBAL : RTLD_LOCAL));
    if (module == NULL) return 2;
    const Text text = (Text)(uintptr_t)dlsym(module, "module_text");
    texts[i] = text(i);
    add(dlopen("no/such/module.so", RTLD_NOW) == NULL && strlen(dlerror()) > 0);
    add((uint64_t)dlclose(module));
  }
  for (int i = 0; i < 100; ++i) {
    add_bytes(texts[i], strlen(texts[i]));
    free(texts[i]);
  }
  return print_sum();
}
