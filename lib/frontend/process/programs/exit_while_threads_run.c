// SPDX-License-Identifier: MIT
// Ends, with destructors that allocate, while threads are in the middle of operations.
#include "churn.h"

__attribute__((destructor)) static void destruct(void) {
  for (int i = 0; i < 10; ++i) use_malloc();
}

int main(void) {
  start_churning();
  usleep(5000);
  puts("done");
  exit(0);
}
