// SPDX-License-Identifier: MIT
// Writes behind a block: by block size, by width of the access, by distance, by what gave the
// block.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "case.h"

#define WRITE_BEHIND(bytes)                     \
  CASE(write_byte_behind_##bytes) {             \
    char* block = malloc(bytes);                \
    block[wrong ? (bytes) : (bytes) - 1] = 'x'; \
    free(block);                                \
  }

WRITE_BEHIND(1)
WRITE_BEHIND(7)
WRITE_BEHIND(8)
WRITE_BEHIND(10)
WRITE_BEHIND(16)
WRITE_BEHIND(24)
WRITE_BEHIND(100)
WRITE_BEHIND(1000)
WRITE_BEHIND(4096)
WRITE_BEHIND(40000)
WRITE_BEHIND(1048576)

CASE(write_short_behind) {
  short* block = malloc(5 * sizeof *block);
  block[wrong ? 5 : 4] = 1234;
  free(block);
}

CASE(write_int_behind) {
  int* block = malloc(10 * sizeof *block);
  block[wrong ? 10 : 9] = 1234;
  free(block);
}

CASE(write_long_behind) {
  long* block = malloc(3 * sizeof *block);
  block[wrong ? 3 : 2] = 1234;
  free(block);
}

CASE(write_double_partly_behind) {
  char* block = malloc(20);
  double* last = (double*)(block + (wrong ? 16 : 8));
  *last = 0.1;
  free(block);
}

#define WRITE_AT_DISTANCE(distance)           \
  CASE(write_behind_by_##distance) {          \
    char* block = malloc(10);                 \
    block[wrong ? 10 + (distance) : 9] = 'x'; \
    free(block);                              \
  }

WRITE_AT_DISTANCE(1)
WRITE_AT_DISTANCE(5)
WRITE_AT_DISTANCE(11)
WRITE_AT_DISTANCE(15)
WRITE_AT_DISTANCE(64)
WRITE_AT_DISTANCE(1000)

CASE(write_behind_calloc) {
  int* block = calloc(7, sizeof *block);
  block[wrong ? 7 : 6] = 1;
  free(block);
}

CASE(write_behind_grown) {
  char* block = malloc(10);
  block = realloc(block, 30);
  block[wrong ? 30 : 29] = 'x';
  free(block);
}

CASE(write_behind_reallocarray) {
  int* block = reallocarray(NULL, 9, sizeof *block);
  block[wrong ? 9 : 8] = 1;
  free(block);
}

CASE(write_behind_aligned_alloc) {
  char* block = aligned_alloc(64, 192);
  block[wrong ? 192 : 191] = 'x';
  free(block);
}

CASE(write_behind_posix_memalign) {
  void* block = NULL;
  if (posix_memalign(&block, 32, 100) != 0) return;
  ((char*)block)[wrong ? 100 : 99] = 'x';
  free(block);
}

CASE(write_behind_memalign) {
  char* block = memalign(4096, 5000);
  block[wrong ? 5000 : 4999] = 'x';
  free(block);
}

CASE(write_behind_valloc) {
  char* block = valloc(100);
  block[wrong ? 100 : 99] = 'x';
  free(block);
}

CASE(write_behind_strdup) {
  char* copy = strdup("twelve chars");
  copy[wrong ? 13 : 12] = '\0';
  free(copy);
}

CASE(write_behind_wcsdup) {
  wchar_t* copy = wcsdup(L"five!");
  copy[wrong ? 6 : 5] = L'\0';
  free(copy);
}

CASE(write_behind_asprintf) {
  char* text = NULL;
  if (asprintf(&text, "%d", 12345) != 5) return;
  text[wrong ? 6 : 5] = '\0';
  free(text);
}

static void* write_last(void* block) {
  ((char*)block)[11] = 'x';
  return NULL;
}

CASE(write_behind_in_thread) {
  char* block = malloc(wrong ? 11 : 12);
  on_thread(write_last, block);
  free(block);
}

static void* free_it(void* block) {
  free(block);
  return NULL;
}

CASE(write_behind_freed_by_thread) {
  char* block = malloc(20);
  block[wrong ? 20 : 19] = 'x';
  on_thread(free_it, block);
}

CASE(write_behind_grown_later) {
  char* block = malloc(24);
  block[wrong ? 24 : 23] = 'x';
  block = realloc(block, 4000);
  free(block);
}

static char* never_freed;

CASE(write_behind_never_freed) {
  never_freed = malloc(30);
  never_freed[wrong ? 30 : 29] = 'x';
}
