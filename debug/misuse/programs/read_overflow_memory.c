// SPDX-License-Identifier: MIT
// Functions of the C library made to read behind a block: those that are told how many bytes.
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "case.h"

CASE(memcpy_from_behind) {
  char to[64];
  char* block = filled(40, 'x');
  memcpy(to, block, wrong ? 48 : 40);
  free(block);
}

CASE(memcpy_at_distance) {
  char to[16];
  char* block = filled(100, 'x');
  memcpy(to, block + (wrong ? 110 : 84), sizeof to);
  free(block);
}

CASE(memmove_from_behind) {
  char* block = filled(30, 'x');
  memmove(block, block + 10, wrong ? 21 : 20);
  free(block);
}

CASE(mempcpy_from_behind) {
  long to[8];
  long* block = calloc(5, sizeof *block);
  mempcpy(to, block, (wrong ? 6 : 5) * sizeof *block);
  free(block);
}

CASE(memcmp_behind) {
  char* block = calloc(20, 1);
  const char zeroes[24] = {0};
  seen = memcmp(zeroes, block, wrong ? 21 : 20);
  free(block);
}

CASE(memchr_behind) {
  char* block = filled(15, 'x');
  seen = memchr(block, '\0', wrong ? 2000 : 15) != NULL;
  free(block);
}

CASE(memrchr_behind) {
  char* block = filled(31, 'x');
  seen = memrchr(block, 'y', wrong ? 32 : 31) != NULL;
  free(block);
}

CASE(memmem_behind) {
  char* block = filled(50, 'x');
  seen = memmem(block, wrong ? 54 : 50, "needle", 6) != NULL;
  free(block);
}

CASE(wmemcpy_from_behind) {
  wchar_t to[8];
  wchar_t* block = calloc(4, sizeof *block);
  wmemcpy(to, block, wrong ? 5 : 4);
  free(block);
}

CASE(wmemcmp_behind) {
  const wchar_t zeroes[8] = {0};
  wchar_t* block = calloc(7, sizeof *block);
  seen = wmemcmp(block, zeroes, wrong ? 8 : 7);
  free(block);
}

CASE(write_from_behind) {
  const int to = nowhere();
  char* block = filled(500, 'x');
  seen = write(to, block, wrong ? 512 : 500);
  close(to);
  free(block);
}

CASE(send_from_behind) {
  const int to = socket_end();
  char* block = filled(60, 'x');
  seen = send(to, block, wrong ? 64 : 60, 0);
  close(to);
  free(block);
}

CASE(fwrite_from_behind) {
  FILE* to = tmpfile();
  char* block = filled(36, 'x');
  seen = (long)fwrite(block, 4, wrong ? 10 : 9, to);
  fclose(to);
  free(block);
}

static int by_value(const void* left, const void* right) {
  const int first = *(const int*)left, second = *(const int*)right;
  return (first > second) - (first < second);
}

CASE(qsort_behind) {
  int* block = calloc(5, sizeof *block);
  qsort(block, wrong ? 6 : 5, sizeof *block, by_value);
  free(block);
}

CASE(bsearch_behind) {
  const int sought = -1;
  int* block = calloc(8, sizeof *block);
  seen = bsearch(&sought, block, wrong ? 16 : 8, sizeof *block, by_value) != NULL;
  free(block);
}

CASE(lfind_behind) {
  const int sought = 1;
  int* block = calloc(3, sizeof *block);
  size_t count = wrong ? 4 : 3;
  seen = lfind(&sought, block, &count, sizeof *block, by_value) != NULL;
  free(block);
}
