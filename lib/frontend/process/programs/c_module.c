// SPDX-License-Identifier: MIT
// A module that allocates, and frees what others allocated.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char* kept;

__attribute__((constructor)) static void construct(void) {
  kept = strdup("made by a constructor of the module");
}
__attribute__((destructor)) static void destruct(void) {
  free(kept);
}

void* module_make(size_t size) {
  return calloc(1, size);
}
void module_release(void* block) {
  free(block);
}
void* module_resize(void* block, size_t size) {
  return realloc(block, size);
}
/* Made by the C library for the module. */
char* module_format(int number) {
  char* text = NULL;
  return asprintf(&text, "number %d", number) < 0 ? NULL : text;
}
