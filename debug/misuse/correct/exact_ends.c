// SPDX-License-Identifier: MIT
// Functions of the C library at the very ends of blocks, all within what they may touch: counts
// that are larger than the block where the function stops before, and no bytes at all one past the
// end.
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>

#include "sum.h"

static char* filled(size_t bytes, char with) {
  char* block = malloc(bytes + (bytes == 0));
  memset(block, with, bytes);
  return block;
}

static int by_letter(const void* left, const void* right) {
  return *(const unsigned char*)left - *(const unsigned char*)right;
}

static void no_bytes_past_the_end(void) {
  char* block = filled(24, 'x');
  char* end = block + 24;
  memcpy(end, block, 0);
  memcpy(block, end, 0);
  memmove(end, end, 0);
  memset(end, 'y', 0);
  add((uint64_t)memcmp(end, block, 0));
  add(memchr(end, 'x', 0) == NULL);
  strncpy(end, "text", 0);
  add((uint64_t)strncmp(end, "text", 0));
  add(strnlen(end, 0));
  add(fwrite(end, 1, 0, stderr) + fwrite(end, 0, 100, stderr));
  add((uint64_t)write(1, end, 0));
  qsort(end, 0, 1, by_letter);
  add((uint64_t)snprintf(end, 0, "%.*s", 0, end));
  free(block);
}

static void texts_that_end_the_block(size_t length) {
  char* text = filled(length + 1, 'x');
  text[length] = '\0';
  char* copy = filled(length + 1, 'y');
  add(strlen(text) + strnlen(text, 100000));
  strcpy(copy, text);
  add((uint64_t)strcmp(copy, text) + (uint64_t)strncmp(copy, text, 100000));
  add((uint64_t)strcasecmp(copy, text) + (uint64_t)(strchr(text, 'y') == NULL));
  add((uint64_t)(strrchr(text, '\0') - text) + strspn(text, "xyz") + strcspn(text, "yz"));
  add(memchr(text, '\0', length + 1000) == text + length);
  add(strstr(text, "xx") != NULL);
  *copy = '\0';
  strcat(copy, text);
  strncpy(copy, text, length + 1);
  if (length > 0) strncpy(copy, "padded with zeroes", length);
  add((uint64_t)snprintf(copy, length + 1, "%s", text));
  add((uint64_t)(stpcpy(copy, text) - copy));
  char* third = strdup(text);
  char* fourth = strndup(text, 100000);
  add_bytes(third, length + 1);
  add_bytes(fourth, length + 1);
  free(third);
  free(fourth);
  free(copy);
  free(text);
}

static void bytes_without_an_end(size_t bytes) {
  char* block = filled(bytes, 'x');
  char text[400] = "";
  add(strnlen(block, bytes));
  strncat(text, block, bytes);
  strncpy(text, block, bytes);
  add((uint64_t)strncmp(block, text, bytes) + (uint64_t)memcmp(block, text, bytes));
  add((uint64_t)snprintf(text, sizeof text, "%.*s", (int)bytes, block));
  char* copy = strndup(block, bytes);
  add(strlen(copy));
  free(copy);
  block[bytes - 1] = 'y';
  add(memchr(block, 'y', 100000) == block + bytes - 1);
  strncpy(block, "only a few letters fit into this block, whatever its size", bytes);
  add_bytes(block, bytes < 50 ? bytes : 50);
  free(block);
}

static void input_that_is_shorter(void) {
  int ends[2];
  if (pipe(ends) != 0) exit(2);
  add((uint64_t)write(ends[1], "short\n", 6));
  char* block = filled(100, 'x');
  add((uint64_t)read(ends[0], block, 100));
  add_bytes(block, 100);
  add((uint64_t)write(ends[1], "a line\nrest", 11));
  close(ends[1]);
  FILE* input = fdopen(ends[0], "r");
  add(fgets(block, 100, input) == block);
  add_bytes(block, 100);
  add(fread(block, 10, 10, input));
  add_bytes(block, 4);
  fclose(input);
  free(block);
}

static void wide_texts(size_t length) {
  wchar_t* text = malloc((length + 1) * sizeof *text);
  wmemset(text, L'w', length);
  text[length] = L'\0';
  wchar_t* copy = malloc((length + 1) * sizeof *copy);
  wcscpy(copy, text);
  add(wcslen(copy) + wcsnlen(text, 100000));
  add((uint64_t)wcscmp(copy, text) + (uint64_t)wcsncmp(copy, text, 100000));
  add((uint64_t)wmemcmp(copy, text, length + 1));
  wcsncpy(copy, text, length);
  add(wcschr(text, L'v') == NULL);
  wchar_t* third = wcsdup(text);
  add(wcslen(third));
  free(third);
  free(copy);
  free(text);
}

static void sorted(size_t count) {
  char* block = malloc(count);
  for (size_t i = 0; i < count; ++i) block[i] = (char)(i * 37 % 101);
  qsort(block, count, 1, by_letter);
  const char sought = block[count - 1];
  add(bsearch(&sought, block, count, 1, by_letter) != NULL);
  add_bytes(block, count);
  free(block);
}

int main(void) {
  no_bytes_past_the_end();
  for (size_t length = 0; length < 300; ++length) {
    texts_that_end_the_block(length);
    if (length > 0) bytes_without_an_end(length);
    if (length > 0) sorted(length);
    wide_texts(length);
  }
  input_that_is_shorter();
  return print_sum();
}
