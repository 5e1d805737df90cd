// SPDX-License-Identifier: MIT
#include "debug/census/leak_kinds.hpp"

namespace arenite {

LeakKinds::LeakKinds(const PointerGraph& graph, Suppressed suppressed)
    : graph_(graph),
      suppressed_(std::move(suppressed)),
      fates_(graph.blocks().count(), Fate::lost) {
  reach_exactly();
  reach_inside();
  reach_from_ended();
  tell_apart();
}

template <class Takes>
void LeakKinds::spread(Fate as, bool exact, Takes takes) {
  while (!waiting_.empty()) {
    const std::uint32_t from = waiting_.back();
    waiting_.pop_back();
    for (const Edge edge : graph_.edges(from)) {
      if ((exact && edge.inside()) || !takes(fates_[edge.to()])) continue;
      fates_[edge.to()] = as;
      waiting_.push_back(edge.to());
    }
  }
}

void LeakKinds::reach_exactly() {
  for (const RootEdge& root : graph_.roots()) {
    if (root.ended_thread || root.edge.inside() || fates_[root.edge.to()] != Fate::lost) continue;
    fates_[root.edge.to()] = Fate::reached;
    waiting_.push_back(root.edge.to());
  }
  spread(Fate::reached, true, [](Fate fate) { return fate == Fate::lost; });
}

/// Of what is reached exactly, only edges to the inside of blocks were not followed yet.
void LeakKinds::reach_inside() {
  const auto take = [this](std::uint32_t block) {
    if (fates_[block] != Fate::lost) return;
    fates_[block] = Fate::inside;
    waiting_.push_back(block);
  };
  for (const RootEdge& root : graph_.roots())
    if (!root.ended_thread) take(root.edge.to());
  for (std::uint32_t block = 0; block < fates_.size(); ++block)
    if (fates_[block] == Fate::reached)
      for (const Edge edge : graph_.edges(block)) take(edge.to());
  spread(Fate::inside, false, [](Fate fate) { return fate == Fate::lost; });
}

void LeakKinds::reach_from_ended() {
  for (const RootEdge& root : graph_.roots()) {
    if (!root.ended_thread || fates_[root.edge.to()] != Fate::lost) continue;
    fates_[root.edge.to()] = Fate::ended;
    waiting_.push_back(root.edge.to());
  }
  spread(Fate::ended, false, [](Fate fate) { return fate == Fate::lost; });
}

void LeakKinds::tell_apart() {
  mark_pointed_to();
  // What hangs from a leak that is reported and from one that is not is reported.
  spread_singles(false);
  if (suppressed_ != nullptr) spread_singles(true);
  find_cycles();
  if (suppressed_ == nullptr) return;
  // Nothing hangs from those that are reached, if oddly.
  for (std::uint32_t block = 0; block < fates_.size(); ++block)
    if ((fates_[block] == Fate::ended || fates_[block] == Fate::inside) && is_suppressed(block))
      fates_[block] = Fate::suppressed;
}

void LeakKinds::mark_pointed_to() {
  for (std::uint32_t block = 0; block < fates_.size(); ++block)
    if (fates_[block] == Fate::lost || fates_[block] == Fate::pointed_to)
      for (const Edge edge : graph_.edges(block))
        if (fates_[edge.to()] == Fate::lost) fates_[edge.to()] = Fate::pointed_to;
}

void LeakKinds::spread_singles(bool suppressed) {
  const auto takes = [](Fate fate) { return fate == Fate::pointed_to; };
  for (std::uint32_t block = 0; block < fates_.size(); ++block) {
    if (fates_[block] != Fate::lost || is_suppressed(block) != suppressed) continue;
    fates_[block] = suppressed ? Fate::suppressed : Fate::single;
    waiting_.push_back(block);
    spread(suppressed ? Fate::suppressed : Fate::single_hanging, false, takes);
  }
}

/// What is still only pointed to hangs from cycles. Of those tried in turn, each can be reached
/// from later ones alone, so that going back, one that is not yet reached stands for its cycle.
void LeakKinds::find_cycles() {
  for (std::uint32_t block = 0; block < fates_.size(); ++block) {
    if (fates_[block] != Fate::pointed_to) continue;
    fates_[block] = Fate::cycle_tried;
    waiting_.push_back(block);
    spread(Fate::cycle_member, false, [](Fate fate) { return fate == Fate::pointed_to; });
  }
  for (auto block = static_cast<std::uint32_t>(fates_.size()); block-- > 0;) {
    if (fates_[block] != Fate::cycle_tried) continue;
    const bool suppressed = is_suppressed(block);
    fates_[block] = suppressed ? Fate::suppressed : Fate::cycle;
    waiting_.push_back(block);
    spread(suppressed ? Fate::suppressed : Fate::cycle_hanging, false,
           [](Fate fate) { return fate == Fate::cycle_tried || fate == Fate::cycle_member; });
  }
}

bool LeakKinds::is_suppressed(std::uint32_t block) const {
  return suppressed_ != nullptr && suppressed_(graph_.blocks()[block].allocated);
}

bool LeakKinds::kind(std::uint32_t block, LeakKind& kind, bool& hanging) const {
  hanging = false;
  switch (fates_[block]) {
    case Fate::inside:
      kind = LeakKind::k2;
      return true;
    case Fate::ended:
      kind = LeakKind::k4;
      return true;
    case Fate::single_hanging:
      hanging = true;
      [[fallthrough]];
    case Fate::single:
      kind = LeakKind::k1;
      return true;
    case Fate::cycle_hanging:
      hanging = true;
      [[fallthrough]];
    case Fate::cycle:
      kind = LeakKind::k3;
      return true;
    default:
      return false;
  }
}

}  // namespace arenite
