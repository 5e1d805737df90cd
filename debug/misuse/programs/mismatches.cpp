// SPDX-License-Identifier: MIT
// Blocks given back through another family of functions than they came from.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "case.hpp"

namespace {

template <typename T>
T* same(T* pointer) {
  return static_cast<T*>(hidden(pointer));
}

constexpr auto kAligned = std::align_val_t{64};

}  // namespace

CASE(malloc_then_delete) {
  auto* one = static_cast<int*>(std::malloc(sizeof(int)));
  if (wrong)
    ::operator delete(same(one));
  else
    std::free(one);
}

CASE(malloc_then_delete_array) {
  auto* many = static_cast<char*>(std::malloc(50));
  if (wrong)
    ::operator delete[](same(many));
  else
    std::free(many);
}

CASE(calloc_then_delete_array) {
  auto* many = static_cast<int*>(std::calloc(10, sizeof(int)));
  if (wrong)
    delete[] same(many);
  else
    std::free(many);
}

CASE(strdup_then_delete) {
  char* copy = strdup("a copy");
  if (wrong)
    ::operator delete(same(copy));
  else
    std::free(copy);
}

CASE(realloc_then_delete) {
  void* block = std::realloc(std::malloc(10), 20);
  if (wrong)
    ::operator delete(same(block));
  else
    std::free(block);
}

CASE(aligned_alloc_then_delete) {
  void* block = std::aligned_alloc(64, 64);
  if (wrong)
    ::operator delete(same(block));
  else
    std::free(block);
}

CASE(posix_memalign_then_delete_array) {
  void* block = nullptr;
  if (posix_memalign(&block, 32, 96) != 0) return;
  if (wrong)
    ::operator delete[](same(block));
  else
    std::free(block);
}

CASE(new_then_free) {
  long* one = new long(1);
  if (wrong)
    std::free(same(one));
  else
    delete one;
}

CASE(new_array_then_free) {
  char* many = new char[20];
  if (wrong)
    std::free(same(many));
  else
    delete[] many;
}

CASE(nothrow_new_then_free) {
  int* one = new (std::nothrow) int(1);
  if (wrong)
    std::free(same(one));
  else
    delete one;
}

CASE(new_then_delete_array) {
  int* one = new int(1);
  if (wrong)
    delete[] same(one);
  else
    delete one;
}

CASE(new_array_then_delete) {
  void* many = ::operator new[](24);
  if (wrong)
    ::operator delete(same(many));
  else
    ::operator delete[](many);
}

CASE(unique_ptr_of_array) {
  if (wrong)
    const std::unique_ptr<char> owner(new char[1]);
  else
    const std::unique_ptr<char[]> owner(new char[1]);
}

CASE(shared_ptr_of_malloc) {
  auto* block = static_cast<char*>(std::malloc(1));
  if (wrong)
    const std::shared_ptr<char> owner(same(block));
  else
    const std::shared_ptr<char> owner(block, std::free);
}

CASE(aligned_new_then_free) {
  void* block = ::operator new(128, kAligned);
  if (wrong)
    std::free(same(block));
  else
    ::operator delete(block, kAligned);
}

CASE(new_then_realloc) {
  void* block = ::operator new(30);
  if (wrong) block = std::realloc(same(block), 60);
  ::operator delete(block);
}

CASE(malloc_then_delete_by_thread) {
  void* block = std::malloc(44);
  const auto delete_it = [](void* given) -> void* {
    ::operator delete(given);
    return nullptr;
  };
  on_thread(delete_it, wrong ? same(block) : nullptr);
  if (!wrong) std::free(block);
}
