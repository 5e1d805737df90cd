// SPDX-License-Identifier: MIT
#include "operators.hpp"

#include <cstdlib>
#include <new>

void* operator new(std::size_t bytes) {
  if (void* block = std::malloc(bytes)) return block;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) {
  return operator new(bytes);
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  if (void* block = std::aligned_alloc(static_cast<std::size_t>(alignment), bytes)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  std::free(block);
}

char* made_inside(std::size_t bytes) {
  return new char[bytes];
}
char* aligned_inside(std::size_t bytes) {
  return static_cast<char*>(operator new[](bytes, std::align_val_t{64}));
}
void deleted_inside(char* block) {
  delete[] block;
}
