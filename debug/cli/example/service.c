// SPDX-License-Identifier: MIT
// A program for the example workflow: keeps values, as it is told on stdin. "put SLOT BYTES"
// replaces a value, "done" is answered. SERVICE_FAULT=leak|overflow|grow|twice plants a fault, so
// that the example can be seen to fail.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kSlots = 1000 };
static char* values[kSlots];

static int has_fault(const char* name) {
  const char* fault = getenv("SERVICE_FAULT");
  return fault != NULL && strcmp(fault, name) == 0;
}

static void put(unsigned slot, size_t bytes) {
  char* value = malloc(bytes);
  if (value == NULL) exit(2);
  memset(value, 1, bytes);
  static unsigned put_count;
  // Late: an overflow of a block that is freed is reported then.
  if (++put_count > 24500 && has_fault("overflow")) value[bytes] = 1;
  if (!has_fault("leak") || slot % 100 != 0) free(values[slot]);
  if (put_count == 10000 && has_fault("twice")) free(values[slot]);
  values[slot] = value;
}

/// What is remembered for good.
static void remember(void) {
  static char** notes;
  char** note = malloc(4096);
  if (note == NULL) exit(2);
  *note = (char*)notes;
  notes = note;
}

int main(void) {
  char line[100];
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned slot = 0;
    size_t bytes = 0;
    if (sscanf(line, "put %u %zu", &slot, &bytes) == 2 && slot < kSlots && bytes < 100000) {
      put(slot, bytes);
      if (has_fault("grow")) remember();
    } else {
      puts("done");
      fflush(stdout);
    }
  }
  return 0;
}
