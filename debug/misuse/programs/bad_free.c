// SPDX-License-Identifier: MIT
// Addresses freed at which no block begins.
#include <alloca.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "case.h"

static void free_one(char* block, char* other, int wrong) {
  if (wrong) free(hidden(other));
  free(block);
}

CASE(free_interior) {
  char* block = malloc(100);
  free_one(block, block + 16, wrong);
}

CASE(free_misaligned) {
  char* block = malloc(100);
  free_one(block, block + 1, wrong);
}

CASE(free_interior_of_large_block) {
  char* block = malloc(1048576);
  free_one(block, block + 65536, wrong);
}

CASE(free_end_of_block) {
  char* block = malloc(32);
  free_one(block, block + 32, wrong);
}

CASE(free_before_block) {
  char* block = malloc(64);
  free_one(block, block - 16, wrong);
}

CASE(free_advanced_pointer) {
  char* block = strdup("  two spaces first");
  char* at = block;
  while (*at == ' ') ++at;
  free(hidden(wrong ? at : block));
  if (wrong) free(block);
}

struct Person {
  long number;
  char name[24];
};

CASE(free_member) {
  struct Person* person = malloc(sizeof *person);
  free_one((char*)person, person->name, wrong);
}

CASE(free_hand_aligned) {
  char* block = malloc(100 + 63);
  char* aligned = (char*)(((uintptr_t)block + 64) & ~(uintptr_t)63);
  memset(aligned, 0, 36);
  free_one(block, aligned, wrong);
}

CASE(free_stack) {
  char local[100];
  free_one(malloc(1), local, wrong);
}

CASE(free_alloca) {
  char* local = alloca(64);
  free_one(malloc(1), local, wrong);
}

static void* free_local(void* wrong) {
  char local[40];
  free(wrong != NULL ? hidden(local) : malloc(40));
  return NULL;
}

CASE(free_stack_of_thread) {
  on_thread(free_local, wrong ? &wrong : NULL);
}

static char global[64];

CASE(free_global) {
  free_one(malloc(1), global, wrong);
}

CASE(free_string_literal) {
  free_one(malloc(1), hidden("a literal"), wrong);
}

static _Thread_local char thread_local_array[32];

CASE(free_thread_local) {
  free_one(malloc(1), thread_local_array, wrong);
}

CASE(free_environment) {
  free_one(malloc(1), getenv("PATH"), wrong);
}

CASE(free_mapping) {
  char* mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  free_one(malloc(1), mapped, wrong);
  munmap(mapped, 4096);
}

CASE(free_function) {
  free_one(malloc(1), hidden((void*)(uintptr_t)&strlen), wrong);
}

CASE(free_wild) {
  free_one(malloc(1), (char*)hidden_number(0x12345678900), wrong);
}

CASE(free_small_number) {
  free_one(malloc(1), (char*)hidden_number(16), wrong);
}

CASE(free_uninitialised) {
  char** list = malloc(2 * sizeof *list);
  memset(list, wrong ? 0xCD : 0, 2 * sizeof *list);
  free(list[1]);
  free(list);
}
