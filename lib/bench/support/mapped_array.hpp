// SPDX-License-Identifier: MIT
// A zeroed array straight from the kernel, touched from the start: a benchmark's own bookkeeping,
// kept out of the heap it weighs.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <type_traits>

#include "bench/support/check.hpp"

namespace arenite::bench {

template <class Element>
class MappedArray {
  static_assert(std::is_trivial_v<Element>);

 public:
  explicit MappedArray(std::size_t count) : count_(count) {
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check(memory != MAP_FAILED, "no memory for the bookkeeping");
    elements_ = static_cast<Element*>(memory);
  }
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;
  ~MappedArray() { munmap(elements_, bytes()); }

  Element& operator[](std::size_t index) { return elements_[index]; }
  std::size_t size() const { return count_; }
  Element* begin() { return elements_; }
  Element* end() { return elements_ + count_; }

 private:
  std::size_t bytes() const { return count_ * sizeof(Element); }

  std::size_t count_;
  Element* elements_;
};

}  // namespace arenite::bench
