// SPDX-License-Identifier: MIT
// Polymorphic memory resources over the process heap and over a heap of one's own.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>

#include <arenite/arenite.h>
#include <arenite/heap.hpp>

namespace arenite {

/// Memory from the process heap. All objects are equal; `default_resource` is one that lives for
/// ever. Thread-safe. Throws std::bad_alloc.
class memory_resource : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* block = arn_resource_allocate(bytes, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    arn_resource_deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return dynamic_cast<const memory_resource*>(&other) != nullptr;
  }
};

inline memory_resource* default_resource() {
  static memory_resource resource;
  return &resource;
}

/// Memory from a heap of one's own, which must outlive the resource and all it handed out.
class heap_resource : public std::pmr::memory_resource {
 public:
  explicit heap_resource(heap& from) : heap_(&from) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return heap_->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t, std::size_t) override { heap_->deallocate(block); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    const auto* same = dynamic_cast<const heap_resource*>(&other);
    return same != nullptr && same->heap_ == heap_;
  }

  heap* heap_;
};

}  // namespace arenite
