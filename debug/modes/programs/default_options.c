/* SPDX-License-Identifier: MIT
 * Linked to the library, with options of its own. */
#include "ask.h"

const char* arenite_default_options(void) {
  return "mode=debug:on_error=exit=3:guard_bites=1";
}

int main(void) {
  char* block = malloc(24);
  puts(arn_mode());
  fflush(stdout);
  write_at(block, 24);
  free(block);
}
