// SPDX-License-Identifier: MIT
// A walk meets whatever it meets: it ends, shows each pool at most once, and stays inside.
#include <cstring>
#include <random>

#include "debug/blocks/walk_fixture.hpp"

namespace arenite {
namespace {

template <class G>
class HostileWalkTest : public WalkFixture<G> {
 protected:
  void SetUp() override {
    WalkFixture<G>::SetUp();
    this->fill();
    ASSERT_TRUE(this->audit().only({}));
  }

  void expect_inside(const std::vector<WalkedPool>& pools) {
    const HeapPlan& plan = this->plan();
    std::uint32_t next = 0;
    for (const WalkedPool& pool : pools) {
      ASSERT_EQ(pool.index, next);
      next += pool.pools;
      pool.each_block([&](const WalkedBlock& block) {
        ASSERT_GE(block.begin, plan.user(pool.index));
        ASSERT_LE(block.bytes, plan.user(next) - block.begin);
      });
    }
    ASSERT_EQ(next, plan.pool_count);
  }
};
TYPED_TEST_SUITE(HostileWalkTest, AuditedGeometries);

/// Answers reads of a heap with some bytes changed, or not at all.
struct ChangedView {
  std::uint64_t seed;
  bool read(Address at, void* to, std::size_t bytes) const {
    OwnMemory::copy(at, to, bytes);
    std::mt19937_64 random(seed ^ at);
    const std::uint64_t draw = random();
    if (draw % 8 == 0) return false;
    if (draw % 2 == 0)
      static_cast<unsigned char*>(to)[random() % bytes] = static_cast<unsigned char>(random());
    return true;
  }
};

TYPED_TEST(HostileWalkTest, any_bytes_in_the_tables) {
  std::size_t unclear = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::vector<WalkedPool> pools = this->walk(ChangedView{seed});
    this->expect_inside(pools);
    for (const WalkedPool& pool : pools) unclear += pool.use == PoolUse::unclear ? 1 : 0;
  }
  EXPECT_GT(unclear, 300u);
}

struct BlindView {
  bool read(Address, void*, std::size_t) const { return false; }
};

TYPED_TEST(HostileWalkTest, nothing_readable) {
  const BlindView blind;
  BlockWalk<BlindView> walk(blind, this->plan());
  ASSERT_TRUE(walk.had());
  walk.each_pool([](const WalkedPool& pool) { EXPECT_EQ(pool.use, PoolUse::unclear); });
  EXPECT_EQ(walk.unclear(), this->plan().pool_count);
}

}  // namespace
}  // namespace arenite
