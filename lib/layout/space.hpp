// SPDX-License-Identifier: MIT
// Whose memory a structure lies in. Every struct the heap writes is a template over a Space, so it
// is described once for the heap and for whoever reads it from outside.
//   Native  this process: shared fields are atomics.
//   Remote  a copy taken from somewhere else: shared fields are plain values.
// Links between structures are indices into tables and addresses are plain numbers in both, so that
// nothing read from outside can be dereferenced by mistake; only a MemoryView follows an address.
#pragma once

#include <atomic>
#include <type_traits>

namespace arenite {

struct Native {
  template <class T>
  using Shared = std::atomic<T>;
};

struct Remote {
  template <class T>
  using Shared = T;
};

template <class Space, class T>
using Shared = typename Space::template Shared<T>;

/// Both spaces' versions of a struct must be laid out alike.
template <template <class> class Struct>
inline constexpr bool kSameLayout =
    sizeof(Struct<Native>) == sizeof(Struct<Remote>) &&
    alignof(Struct<Native>) == alignof(Struct<Remote>) &&
    std::is_standard_layout_v<Struct<Native>> && std::is_standard_layout_v<Struct<Remote>>;

}  // namespace arenite
