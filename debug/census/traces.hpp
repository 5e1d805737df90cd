// SPDX-License-Identifier: MIT
// What the debug layer of a process knows, read from outside: sizes that were asked for, stacks,
// serials. Empty where there is no debug layer.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "debug/census/site_counts.hpp"
#include "debug/layer/script_names.hpp"
#include "debug/target/examination.hpp"

namespace arenite {

struct Traces {
  /// Null if there is no debug layer.
  FindFacts find;
  /// The frames of a stack, innermost first: return addresses. Empty if it is none.
  std::function<std::vector<Address>(StackId stack)> frames;
  /// Where a frame of an interpreted program was; nothing for a frame of the machine.
  std::function<std::optional<ScriptLocation>(Address frame)> script;
  /// Visits its blocks on guard pages, which lie in no heap, live or freed. Null without a layer.
  std::function<void(const std::function<void(const BlockFacts& facts)>& visit)> each_on_pages;
  /// What it has mapped, blocks on guard pages too: no roots lie there.
  std::vector<Region> tables;

  bool there() const { return find != nullptr; }
};

/// Valid while the view is.
Traces traces_of(const AnyView& view, const Examination& examination);

}  // namespace arenite
