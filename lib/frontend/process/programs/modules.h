/* SPDX-License-Identifier: MIT
 * Opens the modules beside the program, and finds their functions. */
#ifndef ARENITE_FRONTEND_MODULES_H
#define ARENITE_FRONTEND_MODULES_H

#include "program.h"

__attribute__((unused)) static void* opened(const char* name, int flags) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
  CHECK(length > 0);
  path[length] = '\0';
  strcpy(strrchr(path, '/') + 1, name);
  void* module = dlopen(path, RTLD_NOW | flags);
  if (module == NULL) dprintf(STDERR_FILENO, "%s\n", dlerror());
  CHECK(module != NULL);
  return module;
}

/* Sets a pointer to function to the module's of that name. */
#define FIND(pointer, module, name)            \
  do {                                         \
    *(void**)&(pointer) = dlsym(module, name); \
    CHECK((pointer) != NULL);                  \
  } while (0)

#endif
