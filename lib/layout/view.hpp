// SPDX-License-Identifier: MIT
// What follows an address: the only way from a number found in a heap to the bytes there. In this
// process, another one, a core or a snapshot alike; implementations are in debug/memory.
#pragma once

#include <concepts>
#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

/// read   copies `bytes` from `at`; false if any of them cannot be had, and `to` is then undefined.
///        Never faults, whatever the address.
template <class V>
concept MemoryView = requires(const V view, Address at, void* to, std::size_t bytes) {
  { view.read(at, to, bytes) } -> std::same_as<bool>;
};

/// Copies a structure of the layout. Use with Remote structs only.
template <class T, MemoryView View>
bool read_object(const View& view, Address at, T& to) {
  return view.read(at, &to, sizeof to);
}

}  // namespace arenite
