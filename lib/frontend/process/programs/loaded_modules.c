// SPDX-License-Identifier: MIT
// dlopen behaves as it does without Arenite: null, what is loaded already, what is not there, and
// the search path of the module that calls it; blocks outlive the module that made them.
#include <pthread.h>

#include "modules.h"

static void look_up(void) {
  void* self = dlopen(NULL, RTLD_NOW);
  CHECK(self != NULL && dlsym(self, "malloc") != NULL);
  CHECK(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD) != NULL);
  CHECK(dlopen("no_such_module.so", RTLD_NOW) == NULL);
  const char* error = dlerror();
  CHECK(error != NULL &&
        strstr(error, "no_such_module.so: cannot open shared object file") != NULL);
  CHECK(dlerror() == NULL);
}

static void follow_search_path(int flags) {
  // Nothing but the opening module's RUNPATH leads to the inner one.
  CHECK(dlopen("inner_module.so", RTLD_NOW) == NULL);
  void* opening = opened("opening_module.so", RTLD_LOCAL);
  void* (*open_inner)(int);
  FIND(open_inner, opening, "module_open_inner");
  void* inner = open_inner(flags);
  CHECK(inner != NULL);
  void* (*make)(size_t);
  FIND(make, inner, "module_make");
  void* block = make(100);
  CHECK(is_ours(block));
  CHECK(dlclose(inner) == 0 && dlclose(opening) == 0);
  free(block);
}

static void* use_cxx_module(void* argument) {
  size_t (*strings)(void);
  FIND(strings, argument, "module_strings");
  CHECK(strings() == 200);
  return NULL;
}

static void outlive(void) {
  void* module = opened("c_module.so", RTLD_LOCAL);
  void* (*make)(size_t);
  FIND(make, module, "module_make");
  void* blocks[100];
  for (size_t i = 0; i < 100; ++i) CHECK(is_ours(blocks[i] = make(1 + i * 1000)));
  CHECK(dlclose(module) == 0);
  for (size_t i = 0; i < 100; ++i) free(blocks[i]);
  module = opened("cxx_module.so", RTLD_LOCAL);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, use_cxx_module, module) == 0);
  use_cxx_module(module);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(dlclose(module) == 0);
}

int main(void) {
  look_up();
  for (int i = 0; i < 20; ++i) {
    follow_search_path(RTLD_LOCAL);
    follow_search_path(RTLD_GLOBAL | RTLD_DEEPBIND);
    outlive();
  }
  puts("done");
}
