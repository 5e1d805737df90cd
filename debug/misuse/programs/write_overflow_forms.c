// SPDX-License-Identifier: MIT
// The ways in which code writes behind a block.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "case.h"

CASE(write_by_loop) {
  int* block = malloc(10 * sizeof *block);
  for (int i = 0; i < (wrong ? 11 : 10); ++i) block[i] = i;
  free(block);
}

CASE(write_by_pointer) {
  char* block = malloc(21);
  char* end = block + (wrong ? 22 : 21);
  for (char* at = block; at != end; ++at) *at = 'x';
  free(block);
}

CASE(write_by_index_from_input) {
  char* block = calloc(10, 1);
  FILE* input = file_with(wrong ? "10" : "9");
  int index = 0;
  if (fscanf(input, "%d", &index) == 1) block[index] = 'x';
  fclose(input);
  free(block);
}

struct Pair {
  long first;
  int second;
};

CASE(write_of_struct_member) {
  struct Pair* pair = malloc(wrong ? sizeof(long) : sizeof *pair);
  pair->first = 1;
  pair->second = 2;
  free(pair);
}

CASE(write_of_pointer_sized_struct) {
  struct Big {
    int members[6];
  }* big = malloc(wrong ? sizeof big : sizeof *big);
  big->members[1] = 1;
  big->members[2] = 2;
  free(big);
}

struct Message {
  int bytes;
  char text[];
};

CASE(write_of_flexible_member) {
  struct Message* message = malloc(wrong ? sizeof *message + 5 : sizeof *message + 6);
  message->bytes = 5;
  for (int i = 0; i < 6; ++i) message->text[i] = "hello"[i];
  free(message);
}

CASE(write_of_terminator) {
  const char* from = "exactly ten";
  size_t length = strlen(from);
  char* copy = malloc(length + (wrong ? 0 : 1));
  for (size_t i = 0; i < length; ++i) copy[i] = from[i];
  copy[length] = '\0';
  free(copy);
}

CASE(write_of_wide_chars) {
  size_t length = 6;
  wchar_t* wide = malloc(wrong ? length : length * sizeof *wide);
  for (size_t i = 0; i < length; ++i) wide[i] = L'w';
  free(wide);
}

CASE(write_of_array_of_structs) {
  struct Pair* pairs = malloc(4 * sizeof *pairs);
  for (int i = 0; i <= (wrong ? 4 : 3); ++i) pairs[i].first = i;
  free(pairs);
}

CASE(write_after_shrinking) {
  char* block = malloc(100);
  block = realloc(block, wrong ? 40 : 100);
  for (int i = 0; i < 50; ++i) block[i] = 'x';
  free(block);
}

CASE(write_of_negative_size) {
  const int header = 8, bytes = wrong ? 4 : 12;
  unsigned char body = (unsigned char)(bytes - header);
  char* block = malloc(16);
  for (unsigned char i = 0; i < body; ++i) block[i] = 'x';
  free(block);
}

CASE(write_of_overflown_product) {
  unsigned count = wrong ? 0x40000004u : 4u;
  int* block = malloc((unsigned)(count * sizeof *block));
  for (unsigned i = 0; i < 5 && i < count; ++i) block[i] = 1;
  free(block);
}

CASE(write_of_swapped_dimensions) {
  const int rows = 3, columns = 5;
  char* table = calloc((size_t)(rows * columns), 1);
  for (int i = 0; i < rows; ++i) table[wrong ? (columns - 1) * columns + i : i * columns] = 'x';
  free(table);
}

CASE(write_of_shifted_indices) {
  int* block = malloc(8 * sizeof *block);
  for (int i = 1; i <= 8; ++i) block[wrong ? i : i - 1] = i;
  free(block);
}

CASE(write_while_copying_string) {
  char* copy = malloc(wrong ? 5 : 6);
  const char* from = "hello";
  char* to = copy;
  while ((*to++ = *from++) != '\0') {
  }
  free(copy);
}

CASE(write_of_list_of_pointers) {
  char** list = malloc(3 * sizeof *list);
  const int count = wrong ? 4 : 3;
  for (int i = 0; i < count; ++i) list[i] = NULL;
  free(list);
}

CASE(write_of_bits) {
  unsigned char* bits = calloc(1, 100 / 8);
  const int bit = wrong ? 99 : 95;
  bits[bit / 8] = (unsigned char)(1 << bit % 8);
  free(bits);
}
