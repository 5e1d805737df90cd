// SPDX-License-Identifier: MIT
// Every block of every heap, one by one, with all that is known of it.
#pragma once

#include <functional>

#include "debug/blocks/walked_pool.hpp"
#include "debug/census/traces.hpp"

namespace arenite {

enum class RowState : std::uint8_t { live, free, held, uncarved, quarantined };
inline constexpr std::array kRowStateNames{"live", "free", "held", "uncarved", "quarantined"};

struct BlockRow {
  /// What the program has, or had: within the heap's block.
  Address begin = 0;
  std::uint64_t size = 0;    ///< asked for; as `usable` where that is not known
  std::uint64_t usable = 0;  ///< of the heap's block
  std::uint32_t arena = 0;
  std::uint32_t pool = 0;
  std::uint32_t index = 0;       ///< in its pool
  std::uint32_t size_class = 0;  ///< the number of classes for a span
  RowState state = RowState::live;
  bool on_pages = false;  ///< of the debug layer: arena, pool, index and class mean nothing
  bool traced = false;    ///< the debug layer knows it: `facts` hold
  BlockFacts facts;
};

/// Live blocks alone if `live_only`. Returns how many pools could not be read. Throws CannotTell if
/// there is no memory to work in.
std::uint64_t each_row(const AnyView& view, const Examination& seen, const Traces& traces,
                       bool live_only, const std::function<void(const BlockRow& row)>& visit);

}  // namespace arenite
