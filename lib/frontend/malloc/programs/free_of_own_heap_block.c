// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void* (*create)(size_t);
  void* (*allocate)(void*, size_t);
  *(void**)&create = dlsym(RTLD_DEFAULT, "arn_heap_create");
  *(void**)&allocate = dlsym(RTLD_DEFAULT, "arn_heap_malloc");
  void* block = allocate(create(0), 100);
  printf("%p\n", block);
  fflush(stdout);
  free(block);
}
