/* SPDX-License-Identifier: MIT
 * Says which mode it runs in. With words, starts a program with exactly them as its environment:
 * options PROGRAM NAME=VALUE... */
#include "ask.h"

int main(int argc, char** argv) {
  if (argc > 1) {
    char* const arguments[] = {argv[1], NULL};
    execve(argv[1], arguments, argv + 2);
    return 127;
  }
  free(malloc(1));
  puts(arn_mode != NULL ? arn_mode() : "without");
}
