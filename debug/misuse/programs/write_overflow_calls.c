// SPDX-License-Identifier: MIT
// Functions of the C library made to write behind a block.
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "case.h"

CASE(memset_behind) {
  char* block = malloc(100);
  memset(block, 'x', wrong ? 104 : 100);
  free(block);
}

CASE(memset_of_negative_size) {
  char* block = malloc(250);
  const int left = wrong ? 2 : 10;
  memset(block, 'x', (unsigned char)(left - 4));
  free(block);
}

CASE(memcpy_behind) {
  char from[40] = "from the stack";
  char* block = malloc(sizeof from);
  memcpy(block + (wrong ? 8 : 0), from, sizeof from);
  free(block);
}

CASE(memmove_behind) {
  int* block = calloc(6, sizeof *block);
  memmove(block + (wrong ? 2 : 1), block, 5 * sizeof *block);
  free(block);
}

CASE(mempcpy_behind) {
  char* block = malloc(10);
  char* end = mempcpy(block, "12345678", 8);
  mempcpy(end, "abc", wrong ? 3 : 2);
  free(block);
}

CASE(bzero_behind) {
  char* block = malloc(33);
  bzero(block, wrong ? 34 : 33);
  free(block);
}

CASE(strcpy_behind) {
  char* block = malloc(wrong ? 10 : 11);
  strcpy(block, "0123456789");
  free(block);
}

CASE(stpcpy_behind) {
  char* block = malloc(9);
  char* end = stpcpy(block, "1234");
  stpcpy(end, wrong ? "56789" : "5678");
  free(block);
}

CASE(strncpy_behind) {
  char* block = malloc(20);
  strncpy(block, "short", wrong ? 24 : 20);
  free(block);
}

CASE(strcat_behind) {
  char* block = malloc(11);
  strcpy(block, "hello ");
  strcat(block, wrong ? "world" : "you");
  free(block);
}

CASE(strncat_behind) {
  char* block = malloc(8);
  strcpy(block, "abcd");
  strncat(block, "efghijk", wrong ? 4 : 3);
  free(block);
}

CASE(sprintf_behind) {
  char* block = malloc(8);
  sprintf(block, "%d", wrong ? 12345678 : 1234567);
  free(block);
}

CASE(snprintf_behind) {
  char* block = malloc(12);
  snprintf(block, wrong ? 16 : 12, "%s", "more than twelve");
  free(block);
}

CASE(fgets_behind) {
  FILE* input = file_with("a line that is longer than the block\n");
  char* block = malloc(16);
  if (fgets(block, wrong ? 32 : 16, input) == NULL) exit(2);
  fclose(input);
  free(block);
}

CASE(fread_behind) {
  FILE* input = file_with("forty bytes or so of text to be read in");
  char* block = malloc(24);
  if (fread(block, 1, wrong ? 28 : 24, input) == 0) exit(2);
  fclose(input);
  free(block);
}

CASE(read_behind) {
  const int from = pipe_with(20);
  char* block = malloc(16);
  seen = read(from, block, wrong ? 20 : 16);
  close(from);
  free(block);
}

CASE(recv_behind) {
  const int from = socket_with(30);
  char* block = malloc(25);
  seen = recv(from, block, wrong ? 30 : 25, 0);
  close(from);
  free(block);
}

CASE(wmemset_behind) {
  wchar_t* block = malloc(5 * sizeof *block);
  wmemset(block, L'w', wrong ? 6 : 5);
  free(block);
}

CASE(wcscpy_behind) {
  wchar_t* block = malloc((wrong ? 5 : 6) * sizeof *block);
  wcscpy(block, L"hello");
  free(block);
}

CASE(wcscat_behind) {
  wchar_t* block = malloc(6 * sizeof *block);
  wcscpy(block, L"abc");
  wcscat(block, wrong ? L"def" : L"de");
  free(block);
}

CASE(wcsncpy_behind) {
  wchar_t* block = malloc(10 * sizeof *block);
  wcsncpy(block, L"padded", wrong ? 12 : 10);
  free(block);
}

CASE(wmemcpy_of_bytes) {
  const wchar_t from[4] = L"wid";
  wchar_t* block = malloc(wrong ? 4 : sizeof from);
  wmemcpy(block, from, 4);
  free(block);
}
