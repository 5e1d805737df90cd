// SPDX-License-Identifier: MIT
// Which requests are guarded, and which are made to fail: by size, by calling module, by number.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/strong.hpp"
#include "debug/options/options.hpp"

namespace arenite {

/// Whether the text matches a pattern in which * stands for any bytes and ? for one.
bool matches_glob(std::string_view pattern, std::string_view text);

/// A number that looks random, by a seed and a counter (SplitMix64; Steele, Lea, Flood 2014).
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

class Filters {
 public:
  constexpr Filters() = default;
  Filters(const Filters&) = delete;
  Filters& operator=(const Filters&) = delete;

  void open(const Options& options, std::uint64_t seed);

  /// Some requests are not guarded, or are made to fail, or counted.
  bool any() const { return any_; }
  /// Whether the caller has to be known.
  bool by_module() const { return options_ != nullptr && options_->module[0] != '\0'; }
  /// Whether blocks may be the heap's own, without guards.
  bool leaves_plain() const { return leaves_plain_; }

  /// By size and module: what the rest applies to. `caller` is a program counter, or 0.
  bool chosen(std::size_t size, Address caller);
  /// Of a chosen request: whether it is to fail. Counts it.
  bool fails();
  bool guarded(std::uint64_t serial) const { return serial >= options_->from_serial; }

 private:
  bool module_matches(Address caller);

  const Options* options_ = nullptr;
  std::uint64_t seed_ = 0;
  bool any_ = false;
  bool leaves_plain_ = false;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace arenite
