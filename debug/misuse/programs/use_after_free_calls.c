// SPDX-License-Identifier: MIT
// Freed blocks given to functions of the C library.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "case.h"

/// A text of 23 letters in a block of 24 bytes.
static char* text(void) {
  char* block = filled(24, 'x');
  block[23] = '\0';
  return block;
}

CASE(memcpy_from_freed) {
  char to[24];
  char* block = text();
  if (wrong) free(block);
  memcpy(to, block, sizeof to);
  if (!wrong) free(block);
}

CASE(memcpy_to_freed) {
  char* block = text();
  if (wrong) free(block);
  memcpy(block, "0123456789", 10);
  if (!wrong) free(block);
}

CASE(memset_of_freed) {
  char* block = text();
  if (wrong) free(block);
  memset(block, 0, 24);
  if (!wrong) free(block);
}

CASE(memmove_to_freed) {
  char* block = text();
  if (wrong) free(block);
  memmove(block + 2, "letters", 7);
  if (!wrong) free(block);
}

CASE(memcmp_of_freed) {
  char* block = text();
  if (wrong) free(block);
  seen = memcmp(block, "xxxx", 4);
  if (!wrong) free(block);
}

CASE(strlen_of_freed) {
  char* block = text();
  if (wrong) free(block);
  seen = (long)strlen(block);
  if (!wrong) free(block);
}

CASE(strcpy_to_freed) {
  char* block = text();
  if (wrong) free(block);
  strcpy(block, "too late");
  if (!wrong) free(block);
}

CASE(strcmp_of_freed) {
  char* block = text();
  if (wrong) free(block);
  seen = strcmp(block, "key");
  if (!wrong) free(block);
}

CASE(strchr_inside_freed) {
  char* block = text();
  if (wrong) free(block);
  seen = strchr(block + 10, '=') != NULL;
  if (!wrong) free(block);
}

CASE(strdup_of_freed) {
  char* block = text();
  if (wrong) free(block);
  char* copy = strdup(block);
  free(copy);
  if (!wrong) free(block);
}

CASE(printf_of_freed) {
  char* block = text();
  if (wrong) free(block);
  printf("%s\n", block);
  if (!wrong) free(block);
}

CASE(puts_of_freed) {
  char* block = text();
  if (wrong) free(block);
  puts(block);
  if (!wrong) free(block);
}

CASE(snprintf_to_freed) {
  char* block = text();
  if (wrong) free(block);
  snprintf(block, 24, "%d", 1234);
  if (!wrong) free(block);
}

CASE(fwrite_of_freed) {
  char* block = text();
  if (wrong) free(block);
  seen = (long)fwrite(block, 1, 24, stdout);
  if (!wrong) free(block);
}

CASE(write_of_freed) {
  const int to = nowhere();
  char* block = text();
  if (wrong) free(block);
  seen = write(to, block, 24);
  if (!wrong) free(block);
  close(to);
}

CASE(read_into_freed) {
  const int from = pipe_with(20);
  char* block = text();
  if (wrong) free(block);
  seen = read(from, block, 20);
  if (!wrong) free(block);
  close(from);
}

CASE(fgets_into_freed) {
  FILE* input = file_with("a line\n");
  char* block = text();
  if (wrong) free(block);
  seen = fgets(block, 24, input) != NULL;
  if (!wrong) free(block);
  fclose(input);
}

CASE(send_of_freed) {
  const int to = socket_end();
  char* block = text();
  if (wrong) free(block);
  seen = send(to, block, 24, 0);
  if (!wrong) free(block);
  close(to);
}

CASE(wcslen_of_freed) {
  wchar_t* block = wcsdup(L"wide letters");
  if (wrong) free(block);
  seen = (long)wcslen(block);
  if (!wrong) free(block);
}

static int by_letter(const void* left, const void* right) {
  return *(const char*)left - *(const char*)right;
}

CASE(qsort_of_freed) {
  char* block = text();
  if (wrong) free(block);
  qsort(block, 2, 1, by_letter);
  if (!wrong) free(block);
}
