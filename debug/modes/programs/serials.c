/* SPDX-License-Identifier: MIT
 * Ten blocks; says each one's serial (0: not guarded), gives all back. With a number: how many
 * serials two threads take that allocate so many blocks each, at once. */
#include "ask.h"

static long each;
static pthread_barrier_t barrier;

static void* allocate(void* unused) {
  pthread_barrier_wait(&barrier);
  for (long i = 0; i < each; ++i) {
    void* volatile block = malloc(10);
    free(block);
  }
  pthread_barrier_wait(&barrier);
  return NULL;
}

/* What threads allocate for themselves comes before and behind. */
static unsigned long taken_by_threads(void) {
  pthread_t threads[2];
  pthread_barrier_init(&barrier, NULL, 3);
  for (int i = 0; i < 2; ++i) CHECK(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
  void* const first = malloc(10);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  void* const last = malloc(10);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return serial_of(last) - serial_of(first) - 1;
}

int main(int argc, char** argv) {
  if (argc > 1) {
    each = atol(argv[1]);
    printf("%lu\n", taken_by_threads());
    return 0;
  }
  void* blocks[10];
  for (int i = 0; i < 10; ++i) blocks[i] = malloc(10 + i * 10);
  unsigned long serials[10];
  for (int i = 0; i < 10; ++i) serials[i] = serial_of(blocks[i]);
  for (int i = 0; i < 10; ++i) free(blocks[i]);
  for (int i = 0; i < 10; ++i) printf("%lu ", serials[i]);
  puts("");
}
