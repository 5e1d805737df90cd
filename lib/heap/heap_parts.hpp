// SPDX-License-Identifier: MIT
// The parts a heap is put together from, by name, for the layers of a heap: its root, where its
// pages come from, and the views on both that know what lies where.
#pragma once

#include "arena/arenas.hpp"
#include "arena/reservation.hpp"
#include "heap/config.hpp"
#include "pool/bitmap.hpp"
#include "span/spans.hpp"
#include "thread/arrays.hpp"
#include "thread/registry.hpp"

namespace arenite {

template <class Config>
class HeapParts {
 public:
  using Geometry = typename Config::Geometry;
  using Pages = typename Config::Pages;
  using Classes = SizeClasses<Geometry>;
  using Root = HeapRoot<Native>;

  constexpr explicit HeapParts(Pages pages) : pages_(pages) {}
  HeapParts(const HeapParts&) = delete;
  HeapParts& operator=(const HeapParts&) = delete;

  const Root& root() const { return root_; }
  Root& root() { return root_; }

 protected:
  static void* pointer(Address at) { return reinterpret_cast<void*>(at); }

  Tables<Geometry> tables() const { return Tables<Geometry>(root_); }
  Reservation<Geometry, Pages> reservation() { return {root_, pages_}; }
  Arenas<Geometry, Pages> arenas() { return {root_, pages_}; }
  Spans<Geometry, Pages> spans() { return {root_, pages_}; }
  ThreadRegistry<Geometry, Pages> registry() { return {root_, pages_}; }

  static BlockArray array_of(ThreadBlock thread, SizeClass size_class) {
    return {thread, Classes::facts(size_class).first_line * kLineBytes};
  }
  static std::uint32_t& attached(ThreadBlock thread, SizeClass size_class) {
    return attached_pool(thread, ThreadLayout<Geometry>::kAttachedOffset, size_class);
  }
  std::size_t array_offset_at(Address at) const { return tables().class_byte_at(at) * kLineBytes; }
  /// The class whose pool the address lies in, or kNoClass. Requires: it lies in the range.
  SizeClass class_at(Address at) const {
    return SizeClass{Classes::kClassOfLine[array_offset_at(at) / kLineBytes]};
  }

  FreeBitmap bitmap(PoolIndex pool, SizeClass size_class) const {
    return {tables().bitmap(pool), Classes::facts(size_class).capacity};
  }

  // The root comes first: the ELF note points at the heap object of the process.
  Root root_{};
  [[no_unique_address]] Pages pages_;
};

}  // namespace arenite
