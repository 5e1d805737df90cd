// SPDX-License-Identifier: MIT
// Where a reader from outside finds the heaps that a program made for itself: in a list that begins
// at the library's third ELF note (frontend/c/own_heap.cpp). No table of a heap knows of it, so
// that it has a version of its own, which the note tells.
#pragma once

#include <cstdint>

#include "layout/space.hpp"

namespace arenite {

inline constexpr std::uint32_t kOwnHeapsVersion = 1;

/// One of them. Whoever follows `next` from the beginning sees each heap that was in the list all
/// the time, whatever is put in or taken out meanwhile.
template <class Space>
struct OwnHeapLink {
  Shared<Space, std::uint64_t> next;  ///< address of the next one; 0 at the end
  std::uint64_t root;                 ///< address of its heap root
  Shared<Space, std::uint32_t> lock;  ///< held while a thread is in the heap
};
static_assert(kSameLayout<OwnHeapLink> && sizeof(OwnHeapLink<Remote>) == 24);

}  // namespace arenite
