// SPDX-License-Identifier: MIT
// Destructors of thread-specific values run in rounds. Some of these keys are older than the
// allocator's, some younger; all allocate, free and come again in every round there is.
#include <limits.h>
#include <pthread.h>

#include "program.h"

enum { kKeys = 20, kThreads = 50 };
static pthread_key_t keys[kKeys];
static __thread int rounds[kKeys];
static int finished;

struct value {
  int key;
  unsigned char* block;
};

static void destroy(void* at) {
  struct value* value = at;
  const int key = value->key;
  CHECK(is_filled(value->block, 3000));
  free(value->block);
  free(value);
  use_malloc();
  if (++rounds[key] < PTHREAD_DESTRUCTOR_ITERATIONS) {
    value = malloc(sizeof *value);
    CHECK(value != NULL && is_ours(value));
    value->key = key;
    value->block = filled(3000);
    CHECK(pthread_setspecific(keys[key], value) == 0);
  } else {
    __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
  }
}

static void make_keys(int from, int to) {
  for (int key = from; key < to; ++key) CHECK(pthread_key_create(&keys[key], destroy) == 0);
}
static void make_older_keys(void) {
  make_keys(0, kKeys / 2);
}
__attribute__((section(".preinit_array"), used)) static void (*preinit)(void) = make_older_keys;

static void* live(void* argument) {
  for (int key = 0; key < kKeys; ++key) {
    struct value* value = malloc(sizeof *value);
    CHECK(value != NULL);
    value->key = key;
    value->block = filled(3000);
    CHECK(pthread_setspecific(keys[key], value) == 0);
  }
  return argument;
}

int main(void) {
  use_malloc();
  make_keys(kKeys / 2, kKeys);
  for (int i = 0; i < kThreads; i += 5) {
    pthread_t threads[5];
    for (int k = 0; k < 5; ++k) CHECK(pthread_create(&threads[k], NULL, live, NULL) == 0);
    for (int k = 0; k < 5; ++k) CHECK(pthread_join(threads[k], NULL) == 0);
  }
  CHECK(finished == kThreads * kKeys);
  puts("done");
}
