/* SPDX-License-Identifier: MIT
 * Threads that allocate, free, reallocate and pass blocks to each other, until told to stop. */
#ifndef ARENITE_FRONTEND_CHURN_H
#define ARENITE_FRONTEND_CHURN_H

#include <pthread.h>

#include "program.h"

enum { kChurners = 4, kShelf = 512 };
static void* shelf[kShelf];
static int churn_stops;
static pthread_t churners[kChurners];

__attribute__((unused)) static void* churn(void* argument) {
  unsigned random = (unsigned)(size_t)argument * 2654435761u + 1;
  for (unsigned i = 1; !__atomic_load_n(&churn_stops, __ATOMIC_RELAXED); ++i) {
    // Lets those whom it is about have a processor.
    if (i % 4096 == 0) usleep(200);
    random = random * 1664525 + 1013904223;
    const unsigned kind = random >> 24;
    const size_t size = kind < 250 ? random >> 8 & 2047 : random >> 8 & 0x3ffff;
    void* block = malloc(size);
    if (kind % 8 == 0) block = realloc(block, size * 2 + 1);
    if (block != NULL) memset(block, 1, size);
    // Whatever lay there, perhaps another thread's, is freed.
    free(__atomic_exchange_n(&shelf[random >> 8 & (kShelf - 1)], block, __ATOMIC_ACQ_REL));
  }
  return NULL;
}

__attribute__((unused)) static void start_churning(void) {
  for (size_t i = 0; i < kChurners; ++i)
    CHECK(pthread_create(&churners[i], NULL, churn, (void*)i) == 0);
}

__attribute__((unused)) static void stop_churning(void) {
  __atomic_store_n(&churn_stops, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < kChurners; ++i) CHECK(pthread_join(churners[i], NULL) == 0);
}

#endif
