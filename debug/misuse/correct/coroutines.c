// SPDX-License-Identifier: MIT
// Coroutines on stacks from malloc, which allocate and free each other's blocks.
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "sum.h"

enum { kCoroutines = 10, kStackBytes = 65536, kRounds = 50 };

static ucontext_t scheduler, coroutines[kCoroutines];
static char* handed_on;

static void work(int number) {
  for (int round = 0; round < kRounds; ++round) {
    char text[64];
    snprintf(text, sizeof text, "%d in round %d", number, round);
    if (handed_on != NULL) add_bytes(handed_on, strlen(handed_on));
    free(handed_on);
    handed_on = strdup(text);
    swapcontext(&coroutines[number], &scheduler);
  }
}

int main(void) {
  char* stacks[kCoroutines];
  for (int i = 0; i < kCoroutines; ++i) {
    stacks[i] = malloc(kStackBytes);
    getcontext(&coroutines[i]);
    coroutines[i].uc_stack.ss_sp = stacks[i];
    coroutines[i].uc_stack.ss_size = kStackBytes;
    coroutines[i].uc_link = &scheduler;
    makecontext(&coroutines[i], (void (*)(void))(uintptr_t)work, 1, i);
  }
  for (int round = 0; round <= kRounds; ++round)
    for (int i = 0; i < kCoroutines; ++i) swapcontext(&scheduler, &coroutines[i]);
  for (int i = 0; i < kCoroutines; ++i) free(stacks[i]);
  free(handed_on);
  return print_sum();
}
