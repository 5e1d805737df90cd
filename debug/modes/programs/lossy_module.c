/* SPDX-License-Identifier: MIT
 * A module that loses a block as it is loaded: who calls its constructor is the dynamic linker. */
#include "module.c"

static void* volatile lost;

__attribute__((constructor)) static void lose(void) {
  lost = malloc(77);
  lost = NULL;
}
