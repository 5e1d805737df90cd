// SPDX-License-Identifier: MIT
// What `modules.c` loads: allocates when it comes, when it is called, and when it goes.
#include <stdlib.h>
#include <string.h>

static char* kept;

__attribute__((constructor)) static void come(void) {
  kept = strdup("kept by the module");
}

__attribute__((destructor)) static void go(void) {
  free(kept);
}

char* module_text(int number);

char* module_text(int number) {
  char* text = malloc(strlen(kept) + 1);
  strcpy(text, kept);
  text[0] = (char)('a' + number % 26);
  return text;
}
