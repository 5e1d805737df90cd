// SPDX-License-Identifier: MIT
#include "debug/census/leak_groups.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace arenite {

std::vector<LostGroup> leak_groups(const LiveBlocks& blocks, const LeakKinds& kinds) {
  std::map<std::tuple<LeakKind, StackId, std::uint64_t>, LostGroup> groups;
  for (std::uint32_t block = 0; block < blocks.count(); ++block) {
    LeakKind kind;
    bool hanging;
    if (!kinds.kind(block, kind, hanging)) continue;
    const StackId stack = blocks[block].allocated;
    const std::uint64_t bytes = blocks.size(block);
    LostGroup& group = groups[{kind, stack, stack == 0 ? bytes : 0}];
    if (group.example == 0 || (!hanging && group.own.blocks == 0)) {
      group.example = blocks[block].begin;
      group.example_bytes = bytes;
    }
    group.kind = kind;
    group.stack = stack;
    group.size = stack == 0 ? bytes : 0;
    (hanging ? group.hanging : group.own).add(bytes);
  }
  std::vector<LostGroup> sorted;
  sorted.reserve(groups.size());
  for (const auto& [key, group] : groups) sorted.push_back(group);
  std::sort(sorted.begin(), sorted.end(), [](const LostGroup& a, const LostGroup& b) {
    return std::tuple(a.kind, b.own.bytes, b.hanging.bytes, a.example) <
           std::tuple(b.kind, a.own.bytes, a.hanging.bytes, b.example);
  });
  return sorted;
}

LeakCount suppressed_leaks(const LiveBlocks& blocks, const LeakKinds& kinds) {
  LeakCount suppressed;
  for (std::uint32_t block = 0; block < blocks.count(); ++block)
    if (kinds.fate(block) == Fate::suppressed) suppressed.add(blocks.size(block));
  return suppressed;
}

}  // namespace arenite
