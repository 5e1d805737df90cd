// SPDX-License-Identifier: MIT
// What a program has seen, as one number that it prints at its end.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t sum = 0xcbf29ce484222325u;

static inline void add(uint64_t value) {
  sum = (sum ^ value) * 0x100000001b3u;
}

static inline void add_bytes(const void* from, size_t count) {
  const unsigned char* bytes = (const unsigned char*)from;
  for (size_t i = 0; i < count; ++i) add(bytes[i]);
}

static inline int print_sum(void) {
  return printf("%016lx\n", (unsigned long)sum) < 0;
}

/// The next of a row of numbers that is the same every time.
static inline uint32_t next_number(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}
