// SPDX-License-Identifier: MIT
// realloc and malloc_usable_size of what is no live block.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "case.h"

CASE(realloc_freed) {
  char* block = malloc(10);
  free(block);
  block = realloc(wrong ? hidden(block) : NULL, 20);
  free(block);
}

CASE(realloc_twice) {
  char* block = malloc(16);
  char* larger = realloc(block, 1000000);
  larger = realloc(wrong ? hidden(block) : larger, 2000000);
  free(larger);
}

CASE(realloc_freed_to_smaller) {
  char* block = malloc(300);
  free(block);
  block = realloc(wrong ? hidden(block) : NULL, 100);
  free(block);
}

static void realloc_one(void* other, int wrong) {
  void* block = malloc(100);
  void* changed = realloc(wrong ? hidden(other) : block, 200);
  if (wrong) free(block);
  free(changed);
}

CASE(realloc_interior) {
  static char* block;
  block = malloc(64);
  realloc_one(block + 32, wrong);
  free(block);
}

CASE(realloc_misaligned) {
  static char* block;
  block = malloc(64);
  realloc_one(block + 3, wrong);
  free(block);
}

CASE(realloc_stack) {
  char local[64];
  realloc_one(local, wrong);
}

static char global[64];

CASE(realloc_global) {
  realloc_one(global, wrong);
}

CASE(realloc_mapping) {
  char* mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  realloc_one(mapped, wrong);
  munmap(mapped, 4096);
}

CASE(realloc_wild) {
  realloc_one((void*)hidden_number(0x7000000000f0), wrong);
}

CASE(reallocarray_freed) {
  int* block = calloc(10, sizeof *block);
  free(block);
  block = reallocarray(wrong ? hidden(block) : NULL, 20, sizeof *block);
  free(block);
}

CASE(usable_size_of_freed) {
  char* block = malloc(48);
  if (wrong) free(block);
  seen = (long)malloc_usable_size(hidden(block));
  if (!wrong) free(block);
}

CASE(usable_size_of_interior) {
  char* block = malloc(80);
  seen = (long)malloc_usable_size(hidden(block + (wrong ? 8 : 0)));
  free(block);
}

CASE(usable_size_of_global) {
  char* block = malloc(80);
  seen = (long)malloc_usable_size(hidden(wrong ? global : block));
  free(block);
}
