// SPDX-License-Identifier: MIT
// Blocks that nothing leads to any more at the end.
#include <stdlib.h>
#include <string.h>

#include "case.h"

CASE(lose_local) {
  char* block = malloc(100);
  block[0] = 'x';
  if (!wrong) free(block);
}

CASE(lose_by_overwriting) {
  char* block = malloc(10);
  if (!wrong) free(block);
  block = malloc(20);
  free(block);
}

static int parse(const char* text, int wrong) {
  char* copy = strdup(text);
  if (copy[0] == '#') {
    if (!wrong) free(copy);
    return -1;
  }
  free(copy);
  return 0;
}

CASE(lose_on_early_return) {
  seen = parse("# a comment", wrong);
}

CASE(lose_in_loop) {
  for (int i = 0; i < 5; ++i) {
    int* block = malloc(sizeof *block * 8);
    *block = i;
    if (!wrong) free(block);
  }
}

CASE(lose_result) {
  char* copy = strdup("nobody wants it");
  if (!wrong) free(copy);
}

struct Person {
  char* name;
  struct Person* friend;
};

CASE(lose_in_freed_parent) {
  struct Person* person = calloc(1, sizeof *person);
  person->name = strdup("seven b");
  if (!wrong) free(person->name);
  free(person);
}

CASE(lose_parent_with_child) {
  struct Person* person = calloc(1, sizeof *person);
  person->name = malloc(50);
  if (wrong) return;
  free(person->name);
  free(person);
}

CASE(lose_cycle) {
  struct Person* first = calloc(1, sizeof *first);
  struct Person* second = calloc(1, sizeof *second);
  first->friend = second;
  second->friend = first;
  if (wrong) return;
  free(first);
  free(second);
}

CASE(lose_list) {
  struct Person* list = NULL;
  for (int i = 0; i < 10; ++i) {
    struct Person* person = calloc(1, sizeof *person);
    person->friend = list;
    list = person;
  }
  while (list != NULL && !wrong) {
    struct Person* next = list->friend;
    free(list);
    list = next;
  }
}

CASE(lose_by_failed_realloc) {
  char* block = malloc(1000);
  char* larger = realloc(block, hidden_number((size_t)PTRDIFF_MAX));
  if (wrong) block = larger;
  free(block);
}

static void* lose(void* wrong) {
  char* block = malloc(70);
  block[0] = 'x';
  if (wrong == NULL) free(block);
  return NULL;
}

CASE(lose_in_thread) {
  on_thread(lose, wrong ? &wrong : NULL);
}

CASE(lose_by_clearing_global) {
  static void* kept;
  kept = malloc(33);
  if (wrong) kept = NULL;
}

CASE(lose_some_of_array) {
  static char* kept[10];
  for (int i = 0; i < 10; ++i) kept[i] = malloc(12);
  for (int i = 0; i < 4 && wrong; ++i) kept[i] = NULL;
}

CASE(lose_large_block) {
  char* block = calloc(1, 3000000);
  block[1] = 'x';
  if (!wrong) free(block);
}

CASE(lose_all_but_end) {
  static char* end;
  char* block = malloc(40);
  end = wrong ? NULL : block + 39;
}

CASE(lose_line) {
  FILE* input = file_with("a line of some length\n");
  char* line = NULL;
  size_t capacity = 0;
  seen = getline(&line, &capacity, input);
  if (!wrong) free(line);
  fclose(input);
}

CASE(lose_aligned_block) {
  void* block = aligned_alloc(256, 512);
  if (!wrong) free(block);
}
