/* SPDX-License-Identifier: MIT
 * checks HOW: damages a block that is never given back, then does what may find it. */
#include "ask.h"

static char* damaged;

static void operate(int times) {
  for (int i = 0; i < times; ++i) {
    free(malloc(10));
    printf("%d ", i);
  }
}

static void* churn(void* stop) {
  while (!__atomic_load_n((int*)stop, __ATOMIC_RELAXED)) free(malloc(100));
  return NULL;
}

/* While other threads are in the middle of anything. */
static void signal_under_load(void) {
  static int stop;
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, churn, &stop);
  for (int i = 0; i < 100; ++i) pthread_kill(threads[i % 2], SIGUSR1);
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
}

int main(int argc, char** argv) {
  const char* how = argv[1];
  setvbuf(stdout, NULL, _IONBF, 0);
  damaged = malloc(24);
  if (argc > 2) write_at(damaged, 24);
  if (is(how, "operate")) operate(20);
  if (is(how, "signal")) raise(SIGUSR1);
  if (is(how, "signal_under_load")) signal_under_load();
  puts("end");
}
