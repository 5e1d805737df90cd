// SPDX-License-Identifier: MIT
#include <stdlib.h>

void* module_make(size_t size) {
  return malloc(size);
}
