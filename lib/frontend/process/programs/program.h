/* SPDX-License-Identifier: MIT
 * What the test programs share. They are unchanged programs, but that each asks whether Arenite is
 * there and then whether a block is Arenite's. */
#ifndef ARENITE_FRONTEND_PROGRAM_H
#define ARENITE_FRONTEND_PROGRAM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ends the program at once, also from within a destructor or a forked child. */
#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      _exit(1);                                                                      \
    }                                                                                \
  } while (0)

#ifdef ARENITE_WITHIN
#include <arenite/arenite.h>
__attribute__((unused)) static int is_ours(const void* block) {
  return arn_owns(block);
}
#else
/* True for Arenite's blocks, and for all where there is no Arenite. */
__attribute__((unused)) static int is_ours(const void* block) {
  int (*owns)(const void*);
  *(void**)&owns = dlsym(RTLD_DEFAULT, "arn_owns");
  return owns == NULL || owns(block);
}
#endif

/* A block that can be known again. */
__attribute__((unused)) static unsigned char* filled(size_t size) {
  unsigned char* block = (unsigned char*)malloc(size);
  CHECK(block != NULL && is_ours(block));
  memset(block, (int)(size % 251), size);
  return block;
}

__attribute__((unused)) static int is_filled(const unsigned char* block, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (block[i] != size % 251) return 0;
  return 1;
}

/* Small blocks of several classes and a span: asked for, checked, given back. */
__attribute__((unused)) static void use_malloc(void) {
  static const size_t sizes[] = {1, 24, 100, 1000, 5000, 32768, 40000, 300000};
  enum { kSizes = sizeof sizes / sizeof sizes[0] };
  unsigned char* blocks[kSizes];
  for (int i = 0; i < kSizes; ++i) blocks[i] = filled(sizes[i]);
  for (int i = 0; i < kSizes; ++i) {
    CHECK(is_filled(blocks[i], sizes[i]));
    free(blocks[i]);
  }
}

#endif
