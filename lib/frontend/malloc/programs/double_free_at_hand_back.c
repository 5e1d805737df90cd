// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

enum { kOthers = 10000 };

int main(void) {
  static void* others[kOthers];
  for (int i = 0; i < kOthers; ++i) others[i] = malloc(100);
  void* volatile block = malloc(100);
  printf("%p\n", block);
  fflush(stdout);
  for (int i = 0; i < kOthers / 2; ++i) free(others[i]);
  free(block);
  free(block);
  for (int i = kOthers / 2; i < kOthers; ++i) free(others[i]);
}
