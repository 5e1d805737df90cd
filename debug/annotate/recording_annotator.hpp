// SPDX-License-Identifier: MIT
// An Annotator that writes down what it is told, a line a call: for tests. One thread.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "debug/annotate/annotator.hpp"

namespace arenite {

class RecordingAnnotator {
 public:
  /// Lines as "block_freed 0x1000 40 16", since the last call of this.
  static std::vector<std::string> take() {
    std::vector<std::string> taken;
    taken.swap(lines());
    return taken;
  }

  /// How many `look_away` have no `look_back` yet.
  static int looking_away() { return depth(); }

  static const Annotator& table() {
    static constexpr Annotator kTable = {
        .name = "recording",
        .watched = true,
        .keeps_stacks = true,
        .looks_away = true,
        .block_handed_out =
            [](Address begin, std::size_t size, std::size_t guard, bool zeroed) {
              add(zeroed ? "block_handed_out zeroed" : "block_handed_out", {begin}, {size, guard});
            },
        .block_freed = [](Address begin, std::size_t size,
                          std::size_t guard) { add("block_freed", {begin}, {size, guard}); },
        .block_resized =
            [](Address begin, std::size_t from, std::size_t to, std::size_t guard) {
              add("block_resized", {begin}, {from, to, guard});
            },
        .make_inaccessible = [](Address begin,
                                std::size_t bytes) { add("make_inaccessible", {begin}, {bytes}); },
        .make_accessible_undefined =
            [](Address begin, std::size_t bytes) {
              add("make_accessible_undefined", {begin}, {bytes});
            },
        .make_defined = [](Address begin,
                           std::size_t bytes) { add("make_defined", {begin}, {bytes}); },
        .pool_created = [](Address pool) { add("pool_created", {pool}, {}); },
        .pool_destroyed = [](Address pool) { add("pool_destroyed", {pool}, {}); },
        .pool_memory_added =
            [](Address pool, Address begin, std::size_t bytes) {
              add("pool_memory_added", {pool, begin}, {bytes});
            },
        .pool_memory_removed =
            [](Address pool, Address begin, std::size_t bytes) {
              add("pool_memory_removed", {pool, begin}, {bytes});
            },
        .look_away = [] { ++depth(); },
        .look_back = [] { --depth(); },
    };
    return kTable;
  }

 private:
  static void add(std::string line, const std::vector<Address>& addresses,
                  const std::vector<std::size_t>& numbers) {
    for (Address address : addresses) {
      char text[24];
      std::snprintf(text, sizeof text, " 0x%zx", address);
      line += text;
    }
    for (std::size_t number : numbers) line += " " + std::to_string(number);
    lines().push_back(line);
  }

  static std::vector<std::string>& lines() {
    static std::vector<std::string> kept;
    return kept;
  }

  static int& depth() {
    static int value = 0;
    return value;
  }
};

}  // namespace arenite
