// SPDX-License-Identifier: MIT
// Modules opened with RTLD_DEEPBIND prefer their own libraries' malloc to a preloaded one, were it
// not for Arenite's dlopen: blocks pass from them to the program and back.
#include "modules.h"

static void pass_blocks(const char* name, int flags) {
  void* module = opened(name, flags);
  void* (*make)(size_t);
  void* (*resize)(void*, size_t);
  char* (*format)(int);
  void (*release)(void*);
  FIND(make, module, "module_make");
  FIND(resize, module, "module_resize");
  FIND(format, module, "module_format");
  FIND(release, module, "module_release");
  for (size_t size = 1; size < 200000; size *= 3) {
    void* block = make(size);
    CHECK(is_ours(block));
    free(realloc(block, size * 2));
    block = resize(malloc(size), size * 2);
    CHECK(is_ours(block));
    release(block);
    release(filled(size));
  }
  char* text = format(42);
  CHECK(is_ours(text) && strcmp(text, "number 42") == 0);
  free(text);
  CHECK(dlclose(module) == 0);
}

int main(void) {
  for (int i = 0; i < 20; ++i) {
    pass_blocks("c_module.so", RTLD_LOCAL | RTLD_DEEPBIND);
    pass_blocks("c_module.so", RTLD_GLOBAL | RTLD_DEEPBIND);
    pass_blocks("c_module.so", RTLD_LOCAL);
  }
  puts("done");
}
