// SPDX-License-Identifier: MIT
// A set of addresses, multiples of 16, in a table that grows: which objects a pool has handed out.
// Its memory comes from functions it is given. Not thread-safe.
#pragma once

#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

class AddressSet {
 public:
  struct Memory {
    void* (*allocate_zeroed)(std::size_t bytes);
    void (*free)(void* table);
  };

  explicit constexpr AddressSet(Memory memory) : memory_(memory) {}
  ~AddressSet() { memory_.free(table_); }
  AddressSet(const AddressSet&) = delete;
  AddressSet& operator=(const AddressSet&) = delete;

  /// False if there is no memory; then nothing has changed. Requires: not 0, and not in the set.
  bool add(Address address);
  /// Whether it was in the set.
  bool remove(Address address);
  bool contains(Address address) const {
    return size_ != 0 && table_[place_of(address)] == address;
  }
  std::size_t size() const { return size_; }

  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < capacity(); ++i)
      if (table_[i] != 0) visit(table_[i]);
  }

 private:
  std::size_t capacity() const { return table_ == nullptr ? 0 : mask_ + 1; }
  std::size_t home_of(Address address) const;
  /// Where the address is, or would be put.
  std::size_t place_of(Address address) const;
  bool grow();

  Memory memory_;
  /// Open addressing: 0 for none, an address at its home or in the first free place behind.
  Address* table_ = nullptr;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace arenite
