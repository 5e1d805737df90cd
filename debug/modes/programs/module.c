/* SPDX-License-Identifier: MIT
 * A module that allocates. */
#include <stdlib.h>

void* allocate_in_module(size_t size) {
  void* block = malloc(size);
  return block;
}
