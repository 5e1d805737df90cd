/* SPDX-License-Identifier: MIT
 * Allocates before any constructor has run, the library's included, and frees in a destructor what
 * was damaged meanwhile. */
#include "ask.h"

static char* block;

static void first(int argc, char** argv, char** environment) {
  block = malloc(24);
}

__attribute__((section(".preinit_array"), used)) static void (*preinit)(int, char**,
                                                                        char**) = first;

int main(int argc, char** argv) {
  printf("%s, serial known: %d\n", arn_mode(), serial_of(block) != 0);
  fflush(stdout);
  if (argc > 1) write_at(block, 24);
  free(block);
}
