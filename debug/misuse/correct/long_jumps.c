// SPDX-License-Identifier: MIT
// Leaves frames that allocate by longjmp, and signal handlers by siglongjmp.
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#include "sum.h"

static jmp_buf landing;
static sigjmp_buf signal_landing;
static char* blocks[64];
static int count;

static void go_down(int depth) {
  char* block = malloc((size_t)(1 + depth * 3));
  block[0] = (char)depth;
  blocks[count++] = block;
  if (depth == 60) longjmp(landing, count);
  go_down(depth + 1);
  add(0);
}

static void on_signal(int number) {
  siglongjmp(signal_landing, number);
}

int main(void) {
  for (int round = 0; round < 200; ++round) {
    count = 0;
    const int landed = setjmp(landing);
    if (landed == 0) go_down(round % 50);
    add((uint64_t)landed);
    while (count > 0) {
      add((uint64_t)blocks[--count][0]);
      free(blocks[count]);
    }
  }
  signal(SIGUSR1, on_signal);
  for (volatile int i = 0; i < 100; i = i + 1) {
    char* volatile block = malloc(200);
    if (sigsetjmp(signal_landing, 1) == 0) raise(SIGUSR1);
    block[199] = (char)i;
    add((uint64_t)block[199]);
    free(block);
  }
  return print_sum();
}
