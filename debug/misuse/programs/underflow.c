// SPDX-License-Identifier: MIT
// Writes and reads before a block.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"

#define WRITE_BEFORE(bytes)         \
  CASE(write_byte_before_##bytes) { \
    char* block = malloc(bytes);    \
    block[wrong ? -1 : 0] = 'x';    \
    free(block);                    \
  }

WRITE_BEFORE(1)
WRITE_BEFORE(10)
WRITE_BEFORE(100)
WRITE_BEFORE(4096)
WRITE_BEFORE(1048576)

CASE(write_int_before) {
  int* block = malloc(6 * sizeof *block);
  block[wrong ? -1 : 0] = 1234;
  free(block);
}

CASE(write_long_before) {
  long* block = malloc(4 * sizeof *block);
  block[wrong ? -1 : 0] = 1234;
  free(block);
}

CASE(write_before_at_16) {
  char* block = malloc(50);
  block[wrong ? -16 : 16] = 'x';
  free(block);
}

CASE(write_before_at_40) {
  char* block = malloc(4096);
  block[wrong ? -40 : 40] = 'x';
  free(block);
}

CASE(write_before_calloc) {
  long* block = calloc(3, sizeof *block);
  block[wrong ? -1 : 0] = 1;
  free(block);
}

CASE(write_before_grown) {
  char* block = malloc(100);
  block = realloc(block, 10000);
  block[wrong ? -1 : 0] = 'x';
  free(block);
}

CASE(write_before_aligned_block) {
  char* block = aligned_alloc(256, 256);
  block[wrong ? -1 : 0] = 'x';
  free(block);
}

CASE(write_with_index_that_was_not_found) {
  char* block = malloc(26);
  const int found = wrong ? -1 : 3;
  block[found] = 'x';
  free(block);
}

CASE(write_by_loop_downwards) {
  int* block = malloc(10 * sizeof *block);
  for (int i = 9; i >= (wrong ? -1 : 0); --i) block[i] = i;
  free(block);
}

CASE(memset_from_before) {
  char* block = malloc(100);
  memset(block - (wrong ? 4 : 0), 'x', 50);
  free(block);
}

CASE(memcpy_to_before) {
  char* block = malloc(64);
  memcpy(block - (wrong ? 8 : 0), "eight by", 8);
  free(block);
}

CASE(memmove_to_before) {
  char* block = malloc(64);
  memset(block, 'x', 64);
  memmove(block - (wrong ? 2 : 0), block, 10);
  free(block);
}

CASE(strcpy_to_before) {
  char* block = malloc(20);
  strcpy(block + (wrong ? -1 : 1), "a string");
  free(block);
}

CASE(read_into_before) {
  const int from = pipe_with(12);
  char* block = malloc(32);
  seen = read(from, block - (wrong ? 3 : 0), 12);
  close(from);
  free(block);
}

CASE(read_byte_before) {
  char* block = filled(16, 'x');
  seen = block[wrong ? -1 : 0];
  free(block);
}

CASE(read_int_before) {
  int* block = calloc(10, sizeof *block);
  seen = block[wrong ? -1 : 0];
  free(block);
}

CASE(read_before_at_distance) {
  char* block = filled(2000, 'x');
  seen = block[wrong ? -100 : 100];
  free(block);
}

CASE(read_while_trimming) {
  char* block = filled(9, ' ');
  if (!wrong) block[0] = 'x';
  size_t length = 9;
  while (block[length - 1] == ' ') --length;
  seen = (long)length;
  free(block);
}

CASE(read_before_large_block) {
  long* block = calloc(131072, sizeof *block);
  seen = block[wrong ? -1 : 0];
  free(block);
}

struct Header {
  int bytes;
  int kind;
};

CASE(read_of_missing_header) {
  struct Header* header = calloc(1, sizeof *header + 20);
  void* body = wrong ? header : header + 1;
  seen = ((struct Header*)body)[-1].kind;
  free(header);
}

CASE(read_of_last_in_empty_list) {
  long* list = calloc(512, sizeof *list);
  const int count = wrong ? 0 : 5;
  seen = list[count - 1];
  free(list);
}

CASE(memcpy_from_before) {
  char to[16];
  char* block = filled(40, 'x');
  memcpy(to, block - (wrong ? 4 : 0), sizeof to);
  free(block);
}

CASE(memcmp_from_before) {
  char* block = filled(30, 'x');
  seen = memcmp(block - (wrong ? 1 : 0), "xxxx", 4);
  free(block);
}

CASE(write_from_before) {
  const int to = nowhere();
  char* block = filled(80, 'x');
  seen = write(to, block - (wrong ? 5 : 0), 80);
  close(to);
  free(block);
}

CASE(fwrite_from_before) {
  FILE* to = tmpfile();
  char* block = filled(70, 'x');
  seen = (long)fwrite(block - (wrong ? 6 : 0), 1, 20, to);
  fclose(to);
  free(block);
}
