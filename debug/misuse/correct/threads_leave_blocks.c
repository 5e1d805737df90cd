// SPDX-License-Identifier: MIT
// Threads that end while blocks of theirs live, which others free; many threads, one after another
// and eight at a time.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sum.h"

enum { kThreads = 8, kRounds = 60, kBlocks = 40 };

static char* blocks[2][kThreads][kBlocks];

struct Task {
  int round;
  int number;
};

static void* work(void* given) {
  const struct Task* task = given;
  char** mine = blocks[task->round % 2][task->number];
  char** others = blocks[(task->round + 1) % 2][(task->number + 3) % kThreads];
  for (int i = 0; i < kBlocks; ++i) {
    mine[i] = malloc((size_t)(10 + i * 9));
    snprintf(mine[i], (size_t)(10 + i * 9), "%d/%d", task->number, i);
    free(others[i]);
    others[i] = NULL;
  }
  return NULL;
}

int main(void) {
  for (int round = 0; round < kRounds; ++round) {
    pthread_t threads[kThreads];
    struct Task tasks[kThreads];
    for (int i = 0; i < kThreads; ++i) {
      tasks[i] = (struct Task){round, i};
      pthread_create(&threads[i], NULL, work, &tasks[i]);
    }
    for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
    for (int i = 0; i < kThreads; ++i)
      add_bytes(blocks[round % 2][i][17], strlen(blocks[round % 2][i][17]));
  }
  for (int i = 0; i < kThreads * kBlocks; ++i)
    free(blocks[(kRounds - 1) % 2][i / kBlocks][i % kBlocks]);
  return print_sum();
}
