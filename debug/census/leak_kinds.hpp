// SPDX-License-Identifier: MIT
// Which live blocks the program has lost, and in what way: K1 to K4 of the catalogue. Works on a
// PointerGraph alone. One thread.
//
//   K1  no block and no root points to it; what it alone leads to hangs from it
//   K2  it is reached, but on every way there is a pointer to the inside of a block
//   K3  it stands for a cycle of blocks that nothing outside points to; what it leads to hangs from
//   it K4  it is reached only from the stack or thread-local storage of a thread that has ended
//
// K2 may be meant so: an object reached by a pointer to a base class, or an array behind its
// length.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "debug/census/pointer_graph.hpp"

namespace arenite {

enum class Fate : std::uint8_t {
  lost,  ///< not looked at yet
  reached,
  inside,        ///< K2
  ended,         ///< K4
  pointed_to,    ///< lost, another lost block points to it; not told apart further yet
  cycle_tried,   ///< the same, tried as what stands for a cycle
  cycle_member,  ///< the same, reached from such a one
  single,        ///< K1
  single_hanging,
  cycle,  ///< K3
  cycle_hanging,
  suppressed,
};

enum class LeakKind : std::uint8_t { k1, k2, k3, k4 };
inline constexpr std::array kLeakKindNames{"K1", "K2", "K3", "K4"};

class LeakKinds {
 public:
  /// Whether leaks allocated from there are not to be reported.
  using Suppressed = std::function<bool(StackId stack)>;

  explicit LeakKinds(const PointerGraph& graph, Suppressed suppressed = nullptr);

  Fate fate(std::uint32_t block) const { return fates_[block]; }
  /// False if the block is no leak of any kind. `hanging`: it hangs from one.
  bool kind(std::uint32_t block, LeakKind& kind, bool& hanging) const;

 private:
  void reach_exactly();
  void reach_inside();
  void reach_from_ended();
  void tell_apart();
  void mark_pointed_to();
  void spread_singles(bool suppressed);
  void find_cycles();
  bool is_suppressed(std::uint32_t block) const;
  /// Gives `as` to everything that edges lead to from what waits, and that `takes` says.
  template <class Takes>
  void spread(Fate as, bool exact, Takes takes);

  const PointerGraph& graph_;
  Suppressed suppressed_;
  std::vector<Fate> fates_;
  std::vector<std::uint32_t> waiting_;
};

}  // namespace arenite
