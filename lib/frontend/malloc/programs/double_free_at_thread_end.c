// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void* twice(void* argument) {
  void* volatile block = argument;
  free(block);
  free(block);
  return NULL;
}

int main(void) {
  void* block = malloc(100);
  printf("%p\n", block);
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, NULL, twice, block);
  pthread_join(thread, NULL);
}
