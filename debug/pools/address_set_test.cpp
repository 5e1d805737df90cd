// SPDX-License-Identifier: MIT
#include "debug/pools/address_set.hpp"

#include <cstdlib>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace arenite {
namespace {

bool starved = false;
int tables = 0;

constexpr AddressSet::Memory kMemory = {
    .allocate_zeroed = [](std::size_t bytes) -> void* {
      if (starved) return nullptr;
      ++tables;
      return std::calloc(1, bytes);
    },
    .free =
        [](void* table) {
          if (table != nullptr) --tables;
          std::free(table);
        },
};

std::set<Address> contents(const AddressSet& set) {
  std::set<Address> found;
  set.each([&](Address address) { EXPECT_TRUE(found.insert(address).second); });
  return found;
}

TEST(AddressSetTest, EmptyHasNothing) {
  AddressSet set(kMemory);
  EXPECT_FALSE(set.contains(16));
  EXPECT_FALSE(set.remove(16));
  EXPECT_EQ(contents(set), std::set<Address>{});
}

/// Dense addresses, so that many share a home, against the standard library's set.
TEST(AddressSetTest, BehavesAsASet) {
  std::minstd_rand random(1);
  AddressSet set(kMemory);
  std::set<Address> model;
  for (int step = 0; step < 200'000; ++step) {
    const Address address = 0x7f0000000000 + 16 * (random() % 3000);
    ASSERT_EQ(set.contains(address), model.count(address) != 0);
    if (model.count(address) == 0) {
      ASSERT_TRUE(set.add(address));
      model.insert(address);
    } else {
      ASSERT_TRUE(set.remove(address));
      ASSERT_FALSE(set.remove(address));
      model.erase(address);
    }
    ASSERT_EQ(set.size(), model.size());
    if (step % 1000 == 0) {
      ASSERT_EQ(contents(set), model);
    }
  }
}

TEST(AddressSetTest, WithoutMemoryItStaysAsItWas) {
  {
    AddressSet set(kMemory);
    Address next = 0;
    while (set.size() < 1000) ASSERT_TRUE(set.add(next += 16));
    const std::set<Address> before = contents(set);
    starved = true;
    while (set.add(next += 16)) ASSERT_LT(set.size(), 10'000u);
    EXPECT_FALSE(set.contains(next));
    for (Address address : before) EXPECT_TRUE(set.contains(address));
    EXPECT_TRUE(set.remove(16));
    starved = false;
    EXPECT_TRUE(set.add(next));
    EXPECT_EQ(tables, 1);
  }
  EXPECT_EQ(tables, 0);
}

}  // namespace
}  // namespace arenite
