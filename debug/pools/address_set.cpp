// SPDX-License-Identifier: MIT
#include "debug/pools/address_set.hpp"

namespace arenite {

std::size_t AddressSet::home_of(Address address) const {
  // Multiplying by the golden ratio spreads neighbours; its high bits are the best.
  return (address >> 4) * 0x9E3779B97F4A7C15 >> 20 & mask_;
}

std::size_t AddressSet::place_of(Address address) const {
  std::size_t place = home_of(address);
  while (table_[place] != 0 && table_[place] != address) place = (place + 1) & mask_;
  return place;
}

bool AddressSet::add(Address address) {
  if (2 * (size_ + 1) > capacity() && !grow()) return false;
  table_[place_of(address)] = address;
  ++size_;
  return true;
}

bool AddressSet::remove(Address address) {
  if (!contains(address)) return false;
  std::size_t hole = place_of(address);
  // What follows moves up unless that would put it before its home.
  for (std::size_t next = (hole + 1) & mask_; table_[next] != 0; next = (next + 1) & mask_) {
    const std::size_t home = home_of(table_[next]);
    if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
    table_[hole] = table_[next];
    hole = next;
  }
  table_[hole] = 0;
  --size_;
  return true;
}

bool AddressSet::grow() {
  constexpr std::size_t kLeast = 64;
  const std::size_t capacity_before = capacity();
  const std::size_t wanted = capacity_before == 0 ? kLeast : 2 * capacity_before;
  auto* table = static_cast<Address*>(memory_.allocate_zeroed(wanted * sizeof(Address)));
  if (table == nullptr) return false;
  Address* before = table_;
  table_ = table;
  mask_ = wanted - 1;
  for (std::size_t i = 0; i < capacity_before; ++i)
    if (before[i] != 0) table_[place_of(before[i])] = before[i];
  memory_.free(before);
  return true;
}

}  // namespace arenite
