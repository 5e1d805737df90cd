// SPDX-License-Identifier: MIT
#include "bench/icount/empty.hpp"

namespace {
alignas(16) char bytes[64];
}

extern "C" {
void* empty_malloc(std::size_t) {
  return bytes;
}
void* empty_calloc(std::size_t, std::size_t) {
  return bytes;
}
void* empty_realloc(void* block, std::size_t) {
  return block;
}
void empty_free(void*) {}
void* empty_new(std::size_t) {
  return bytes;
}
void empty_delete(void*, std::size_t) {}
}
