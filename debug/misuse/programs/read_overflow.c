// SPDX-License-Identifier: MIT
// Reads behind a block by the program's own instructions, or deep inside the C library where no
// range is given.
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "case.h"

CASE(read_byte_behind) {
  char* block = filled(10, 'x');
  seen = block[wrong ? 10 : 9];
  free(block);
}

CASE(read_int_behind) {
  int* block = calloc(6, sizeof *block);
  seen = block[wrong ? 6 : 5];
  free(block);
}

CASE(read_long_partly_behind) {
  char* block = filled(20, 'x');
  seen = *(long*)(block + (wrong ? 16 : 8));
  free(block);
}

CASE(read_by_loop) {
  int* block = calloc(25, sizeof *block);
  for (int i = 0; i <= (wrong ? 25 : 24); ++i) seen += block[i];
  free(block);
}

CASE(read_by_pointer) {
  char* block = filled(64, 'x');
  for (char* at = block; at != block + (wrong ? 65 : 64); ++at) seen += *at;
  free(block);
}

CASE(read_at_distance) {
  char* block = filled(100, 'x');
  seen = block[wrong ? 400 : 99];
  free(block);
}

struct Item {
  int kind;
  int price;
  long count;
};

CASE(read_of_struct_member) {
  struct Item* item = calloc(1, wrong ? 2 * sizeof(int) : sizeof *item);
  seen = item->price;
  seen += item->count;
  free(item);
}

CASE(read_until_missing_zero) {
  char* text = filled(12, 'x');
  if (!wrong) text[11] = '\0';
  for (const char* at = text; *at == 'x'; ++at) ++seen;
  free(text);
}

CASE(read_of_swapped_dimensions) {
  const int rows = 2, columns = 6;
  int* table = calloc((size_t)(rows * columns), sizeof *table);
  for (int i = 0; i < rows; ++i) seen += table[wrong ? i * 10 + 3 : i * columns];
  free(table);
}

CASE(read_after_shrinking) {
  char* block = filled(3000, 'x');
  block = realloc(block, wrong ? 1000 : 3000);
  seen = block[1000];
  free(block);
}

CASE(read_behind_large_block) {
  char* block = filled(1048576, 'x');
  seen = block[wrong ? 1048576 : 1048575];
  free(block);
}

CASE(read_behind_aligned_block) {
  char* block = aligned_alloc(32, 96);
  block[95] = 'x';
  seen = block[wrong ? 96 : 95];
  free(block);
}

static void* read_seventh(void* block) {
  seen = ((long*)block)[7];
  return NULL;
}

CASE(read_behind_in_thread) {
  long* block = calloc(wrong ? 7 : 8, sizeof *block);
  on_thread(read_seventh, block);
  free(block);
}

CASE(read_by_unchecked_number) {
  short* table = calloc(16, sizeof *table);
  FILE* input = file_with(wrong ? "16" : "15");
  unsigned number = 0;
  if (fscanf(input, "%u", &number) == 1) seen = table[number];
  fclose(input);
  free(table);
}

CASE(read_wide_until_missing_zero) {
  wchar_t* wide = malloc(4 * sizeof *wide);
  for (int i = 0; i < 4; ++i) wide[i] = wrong || i < 3 ? L'w' : L'\0';
  for (const wchar_t* at = wide; *at == L'w'; ++at) ++seen;
  free(wide);
}

CASE(read_by_words) {
  char* block = filled(14, 'x');
  const int* words = (const int*)block;
  for (int i = 0; i < (wrong ? 4 : 3); ++i) seen += words[i];
  free(block);
}

CASE(read_while_copying) {
  char to[1000];
  char* from = filled(26, 'x');
  if (!wrong) from[25] = '\0';
  for (size_t i = 0; i < sizeof to && (to[i] = from[i]) == 'x'; ++i) {
  }
  free(from);
}

CASE(number_without_end) {
  char* digits = filled(8, '1');
  if (!wrong) digits[7] = '\0';
  seen = strtol(digits, NULL, 10);
  free(digits);
}
