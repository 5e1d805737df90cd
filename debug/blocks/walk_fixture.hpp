// SPDX-License-Identifier: MIT
// For tests: the heap of the audit's tests, walked.
#pragma once

#include <vector>

#include "debug/audit/audit_fixture.hpp"
#include "debug/audit/locate.hpp"
#include "debug/blocks/block_walk.hpp"

namespace arenite {

template <class G>
class WalkFixture : public AuditFixture<G> {
 protected:
  /// Every pool of the heap, in the order of the walk.
  template <MemoryView View>
  std::vector<WalkedPool> walk(const View& view) {
    BlockWalk<View> walk(view, plan());
    EXPECT_TRUE(walk.had());
    std::vector<WalkedPool> pools;
    walk.each_pool([&](const WalkedPool& pool) { pools.push_back(pool); });
    return pools;
  }
  std::vector<WalkedPool> walk() { return walk(OwnMemory()); }

  /// Requires: an audit before.
  const HeapPlan& plan() const { return this->result_->plan; }
};

}  // namespace arenite
