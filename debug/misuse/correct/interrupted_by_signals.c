// SPDX-License-Identifier: MIT
// Signals that come in the midst of malloc and free; the handlers do only what they may.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sum.h"

static volatile sig_atomic_t signals;
static int null_pipe[2];

static void on_signal(int number) {
  char text[16] = "signal";
  char copy[16];
  memcpy(copy, text, strlen(text) + 1);
  if (write(null_pipe[1], copy, strlen(copy)) < 0) _exit(3);
  if (read(null_pipe[0], text, sizeof text) <= 0) _exit(3);
  signals = signals + (number == SIGALRM);
}

int main(void) {
  static char other_stack[65536];
  const stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
  if (pipe(null_pipe) != 0 || sigaltstack(&alternative, NULL) != 0) return 2;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  uint32_t state = 1;
  char* blocks[100] = {NULL};
  for (int i = 0; i < 20000 || signals < 100; ++i) {
    const uint32_t at = next_number(&state) % 100;
    free(blocks[at]);
    blocks[at] = calloc(1, 1 + next_number(&state) % 5000);
    blocks[at][0] = (char)at;
    if (i < 20000) add((uint64_t)blocks[at][0]);
  }
  setitimer(ITIMER_REAL, &never, NULL);
  for (int i = 0; i < 100; ++i) free(blocks[i]);
  return print_sum();
}
