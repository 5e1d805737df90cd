// SPDX-License-Identifier: MIT
// Functions of the C library made to read behind a block: those that look for an end that is not
// there.
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "case.h"

/// Letters without an end, or with one.
static char* text(size_t bytes, int wrong) {
  char* block = filled(bytes, 'x');
  if (!wrong) block[bytes - 1] = '\0';
  return block;
}

static wchar_t* wide_text(size_t letters, int wrong) {
  wchar_t* block = malloc(letters * sizeof *block);
  wmemset(block, L'w', letters);
  if (!wrong) block[letters - 1] = L'\0';
  return block;
}

CASE(strlen_without_end) {
  char* block = text(10, wrong);
  seen = (long)strlen(block);
  free(block);
}

CASE(strlen_after_strncpy) {
  char* block = malloc(8);
  strncpy(block, wrong ? "eight ch" : "seven c", 8);
  seen = (long)strlen(block);
  free(block);
}

CASE(strnlen_behind) {
  char* block = filled(12, 'x');
  seen = (long)strnlen(block, wrong ? 100 : 12);
  free(block);
}

CASE(strcpy_without_end) {
  char to[1000];
  char* block = text(32, wrong);
  strcpy(to, block);
  free(block);
}

CASE(strncpy_without_end) {
  char to[100];
  char* block = text(20, wrong);
  strncpy(to, block, 40);
  free(block);
}

CASE(stpcpy_without_end) {
  char to[1000];
  char* block = text(7, wrong);
  seen = stpcpy(to, block) - to;
  free(block);
}

CASE(strcat_without_end) {
  char to[1000] = "and ";
  char* block = text(24, wrong);
  strcat(to, block);
  free(block);
}

CASE(strcmp_without_end) {
  char* block = text(16, wrong);
  seen = strcmp("xxxxxxxxxxxxxxxxxxxx", block);
  free(block);
}

CASE(strncmp_without_end) {
  char* block = text(10, wrong);
  seen = strncmp(block, "xxxxxxxxxxxxxxxxxxxx", 20);
  free(block);
}

CASE(strcasecmp_without_end) {
  char* block = text(9, wrong);
  seen = strcasecmp(block, "XXXXXXXXXXXXXXXXXXXX");
  free(block);
}

CASE(strchr_without_end) {
  char* block = text(48, wrong);
  seen = strchr(block, '=') != NULL;
  free(block);
}

CASE(strrchr_without_end) {
  char* block = text(17, wrong);
  seen = strrchr(block, '/') != NULL;
  free(block);
}

CASE(strstr_without_end) {
  char* block = text(33, wrong);
  seen = strstr(block, "needle") != NULL;
  free(block);
}

CASE(strspn_without_end) {
  char* block = text(18, wrong);
  seen = (long)strspn(block, "xyz");
  free(block);
}

CASE(strcspn_without_end) {
  char* block = text(40, wrong);
  seen = (long)strcspn(block, ";\n");
  free(block);
}

CASE(strdup_without_end) {
  char* block = text(10, wrong);
  char* copy = strdup(block);
  free(copy);
  free(block);
}

CASE(strndup_without_end) {
  char* block = text(14, wrong);
  char* copy = strndup(block, 50);
  free(copy);
  free(block);
}

CASE(puts_without_end) {
  char* block = text(21, wrong);
  puts(block);
  free(block);
}

CASE(fputs_without_end) {
  char* block = text(25, wrong);
  fputs(block, stdout);
  free(block);
}

CASE(printf_without_end) {
  char* block = text(13, wrong);
  printf("%s %d\n", block, wrong);
  free(block);
}

CASE(printf_with_precision_behind) {
  char* block = filled(10, 'x');
  printf("%.*s\n", wrong ? 14 : 10, block);
  free(block);
}

CASE(fprintf_without_end) {
  char* block = text(19, wrong);
  fprintf(stdout, "%5d: %s\n", wrong, block);
  free(block);
}

CASE(snprintf_without_end) {
  char to[100];
  char* block = text(30, wrong);
  snprintf(to, sizeof to, "<%s>", block);
  free(block);
}

CASE(wcslen_without_end) {
  wchar_t* block = wide_text(5, wrong);
  seen = (long)wcslen(block);
  free(block);
}

CASE(wcscpy_without_end) {
  wchar_t to[1000];
  wchar_t* block = wide_text(12, wrong);
  wcscpy(to, block);
  free(block);
}

CASE(wcscmp_without_end) {
  wchar_t* block = wide_text(3, wrong);
  seen = wcscmp(block, L"wwwwww");
  free(block);
}

CASE(wcschr_without_end) {
  wchar_t* block = wide_text(9, wrong);
  seen = wcschr(block, L'=') != NULL;
  free(block);
}

CASE(wcsdup_without_end) {
  wchar_t* block = wide_text(6, wrong);
  wchar_t* copy = wcsdup(block);
  free(copy);
  free(block);
}
