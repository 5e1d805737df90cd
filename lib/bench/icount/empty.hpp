// SPDX-License-Identifier: MIT
// An allocator that does nothing, in a shared library of its own: what a call costs before any
// allocator has done anything. Every request gets the same static bytes.
#pragma once

#include <cstddef>

extern "C" {
void* empty_malloc(std::size_t size);
void* empty_calloc(std::size_t count, std::size_t size);
void* empty_realloc(void* block, std::size_t size);
void empty_free(void* block);
void* empty_new(std::size_t size);
void empty_delete(void* block, std::size_t size);
}
