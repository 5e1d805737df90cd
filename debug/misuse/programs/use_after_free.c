// SPDX-License-Identifier: MIT
// Freed blocks read and written by the program's own instructions.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

CASE(write_after_free) {
  char* block = malloc(10);
  if (wrong) free(block);
  block[0] = 'x';
  if (!wrong) free(block);
}

CASE(write_inside_after_free) {
  int* block = malloc(100 * sizeof *block);
  if (wrong) free(block);
  block[57] = 1;
  if (!wrong) free(block);
}

CASE(write_after_free_of_large_block) {
  char* block = malloc(1048576);
  if (wrong) free(block);
  block[500000] = 'x';
  if (!wrong) free(block);
}

CASE(write_after_free_of_calloc) {
  long* block = calloc(4, sizeof *block);
  if (wrong) free(block);
  block[3] = 1;
  if (!wrong) free(block);
}

CASE(write_after_free_of_aligned_block) {
  char* block = aligned_alloc(128, 128);
  if (wrong) free(block);
  block[100] = 'x';
  if (!wrong) free(block);
}

CASE(write_through_stale_copy) {
  char* block = malloc(30);
  char* copy = block + 4;
  free(block);
  block = malloc(30);
  if (!wrong) copy = block + 4;
  *copy = 'x';
  free(block);
}

CASE(write_after_realloc_moved) {
  char* block = malloc(40);
  char* before = block;
  block = realloc(block, 1000000);
  if (!wrong) before = block;
  before[39] = 'x';
  free(block);
}

static void* write_third(void* block) {
  ((int*)block)[3] = 1;
  return NULL;
}

CASE(write_after_free_in_thread) {
  int* block = malloc(4 * sizeof *block);
  if (wrong) free(block);
  on_thread(write_third, block);
  if (!wrong) free(block);
}

static void* free_it(void* block) {
  free(block);
  return NULL;
}

CASE(write_after_free_by_thread) {
  char* block = malloc(25);
  if (wrong) on_thread(free_it, block);
  block[24] = 'x';
  if (!wrong) free(block);
}

static char* shared_block;

static void on_signal(int number) {
  (void)number;
  shared_block[5] = 'x';
}

CASE(write_after_free_in_signal_handler) {
  signal(SIGUSR1, on_signal);
  shared_block = malloc(60);
  if (wrong) free(shared_block);
  raise(SIGUSR1);
  if (!wrong) free(shared_block);
}

CASE(write_after_many_more_frees) {
  char* block = malloc(48);
  if (wrong) free(block);
  for (int i = 0; i < 1000; ++i) free(malloc(48));
  block[8] = 'x';
  if (!wrong) free(block);
}

static void at_exit(void) {
  shared_block[1] = 'x';
}

CASE(write_after_free_at_exit) {
  shared_block = malloc(20);
  atexit(at_exit);
  if (wrong) free(shared_block);
}

static char* kept_until_end;

CASE(write_after_failed_step) {
  kept_until_end = malloc(90);
  const int failed = wrong;
  if (failed) free(kept_until_end);
  kept_until_end[89] = 'x';
}

CASE(read_after_free) {
  char* block = filled(10, 'x');
  if (wrong) free(block);
  seen = block[3];
  if (!wrong) free(block);
}

struct Node {
  struct Node* next;
  long value;
};

static struct Node* two_nodes(void) {
  struct Node* list = NULL;
  for (int i = 0; i < 2; ++i) {
    struct Node* node = malloc(sizeof *node);
    node->next = list;
    node->value = i;
    list = node;
  }
  return list;
}

CASE(read_next_of_freed_node) {
  struct Node* node = two_nodes();
  while (node != NULL) {
    struct Node* next = node->next;
    free(node);
    node = wrong ? node->next : next;
  }
}

CASE(read_value_of_freed_node) {
  struct Node* list = two_nodes();
  free(list->next);
  if (!wrong) list->next = NULL;
  if (list->next != NULL) seen = list->next->value;
  free(list);
}

CASE(read_after_free_of_large_block) {
  char* block = filled(300000, 'x');
  if (wrong) free(block);
  seen = block[299999];
  if (!wrong) free(block);
}

CASE(read_through_stale_element) {
  long* array = calloc(8, sizeof *array);
  const long* element = &array[2];
  array = realloc(array, 8000);
  if (!wrong) element = &array[2];
  seen = *element;
  free(array);
}

static void* read_it(void* block) {
  seen = *(long*)block;
  return NULL;
}

CASE(read_after_free_in_thread) {
  long* block = calloc(1, sizeof *block);
  if (wrong) free(block);
  on_thread(read_it, block);
  if (!wrong) free(block);
}

CASE(read_in_loop_after_free) {
  int* block = calloc(50, sizeof *block);
  if (wrong) free(block);
  for (int i = 0; i < 50; ++i) seen += block[i];
  if (!wrong) free(block);
}

static void consume(struct Node* node, int keeps) {
  seen = node->value;
  if (!keeps) free(node);
}

CASE(read_after_free_by_callee) {
  struct Node* node = calloc(1, sizeof *node);
  consume(node, !wrong);
  seen = node->value;
  if (!wrong) free(node);
}

CASE(read_of_cached_pointer) {
  static const char* cached;
  char* text = filled(32, 'x');
  cached = text + 31;
  if (wrong) free(text);
  seen = *cached;
  if (!wrong) free(text);
}

static int by_number(const void* left, const void* right) {
  return **(int* const*)left - **(int* const*)right;
}

CASE(read_freed_while_sorting) {
  int* numbers[2] = {calloc(1, sizeof(int)), calloc(1, sizeof(int))};
  if (wrong) free(numbers[0]);
  qsort(numbers, 2, sizeof *numbers, by_number);
  if (!wrong) free(numbers[0]);
  free(numbers[1]);
}
