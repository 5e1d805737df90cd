// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  void* (*create)(size_t);
  void (*give)(void*, void*);
  *(void**)&create = dlsym(RTLD_DEFAULT, "arn_heap_create");
  *(void**)&give = dlsym(RTLD_DEFAULT, "arn_heap_free");
  void* block = malloc(100);
  printf("%p\n", block);
  fflush(stdout);
  give(create(0), block);
}
