// SPDX-License-Identifier: MIT
// Where a process runs on after its tables were copied, what lies in users' memory is read later
// than the tables. Whatever then seems wrong is looked at once more, with the block's record as it
// is now: only a block that is still the same one, and still wrong, is a finding. The others are
// counted, as torn. Never allocates.
#pragma once

#include <cstdint>

#include "debug/layer/layer_blocks.hpp"
#include "debug/memory/any_view.hpp"

namespace arenite {

class SecondLook {
 public:
  /// `now`: memory as it is at each read; null where it stands still, so that once is enough. All
  /// outlive this.
  SecondLook(const AnyView* now, const HeapPlan& heap, const LayerPlan& plan)
      : now_(now), heap_(heap), plan_(plan) {}

  /// Whether the block is the one it was, and `as_expected(view)` still does not hold.
  template <class AsExpected>
  bool stands(const BlockFacts& then, const AsExpected& as_expected) const {
    if (now_ == nullptr) return true;
    // The record is read last: a block that is the same then was the same when it was wrong.
    if (!as_expected(*now_) && same(then)) return true;
    ++torn_;
    return false;
  }
  bool stands(const BlockFacts& then) const {
    return stands(then, [](const AnyView&) { return false; });
  }
  bool differs(const BlockFacts& then, Address at, std::uint8_t expected) const {
    return stands(then, [&](const AnyView& view) {
      std::uint8_t byte = 0;
      return view.read(at, &byte, 1) && byte == expected;
    });
  }

  /// Blocks that were not judged because the program had freed or changed them meanwhile.
  std::uint64_t torn() const { return torn_; }

 private:
  bool same(const BlockFacts& then) const {
    LayerBlock block;
    const bool on_pages =
        plan_.paged() && then.begin - plan_.root.page_base < plan_.root.page_bytes;
    if (!LayerBlocks<AnyView>(*now_, heap_, plan_)
             .find(on_pages ? then.begin : then.outer_begin, block))
      return false;
    const BlockFacts& now = block.facts;
    return now.begin == then.begin && now.size == then.size && now.serial == then.serial &&
           now.state == then.state;
  }

  const AnyView* now_;
  const HeapPlan& heap_;
  const LayerPlan& plan_;
  mutable std::uint64_t torn_ = 0;
};

}  // namespace arenite
