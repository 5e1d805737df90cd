// SPDX-License-Identifier: MIT
#include "debug/modes/filters.hpp"

#include "debug/stacks/modules.hpp"

namespace arenite {
namespace {

/// Callers that were judged, with the verdict in the lowest bit.
constexpr unsigned kRemembered = 4096;
constinit std::atomic<std::uint64_t> judged[kRemembered]{};

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  // Where to go on when what follows the last * did not match: there, one byte further.
  std::size_t p = 0, t = 0, star = std::string_view::npos, after = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void Filters::open(const Options& options, std::uint64_t seed) {
  options_ = &options;
  seed_ = seed;
  const bool chooses =
      options.size_min != 0 || options.size_max != ~std::uint64_t{0} || options.module[0] != '\0';
  leaves_plain_ = chooses || options.from_serial != 0 || options.mode == Mode::fast;
  any_ = leaves_plain_ || options.fails();
}

bool Filters::chosen(std::size_t size, Address caller) {
  if (size < options_->size_min || size > options_->size_max) return false;
  return !by_module() || module_matches(caller);
}

bool Filters::module_matches(Address caller) {
  std::atomic<std::uint64_t>& place = judged[mix(0, caller) % kRemembered];
  // Relaxed: each entry is whole in itself.
  const std::uint64_t entry = place.load(std::memory_order_relaxed);
  if (entry >> 1 == caller) return (entry & 1) != 0;
  const char* path = module_path_of(caller);
  const bool matches = path != nullptr && matches_glob(options_->module, path);
  place.store(caller << 1 | (matches ? 1 : 0), std::memory_order_relaxed);
  return matches;
}

bool Filters::fails() {
  if (!options_->fails()) return false;
  const std::uint64_t request = requests_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (request == options_->fail_at) return true;
  if (options_->fail_every != 0 && request % options_->fail_every == 0) return true;
  constexpr double kAll = 18446744073709551616.0;
  return options_->fail_rate > 0 &&
         static_cast<double>(mix(seed_, request)) < options_->fail_rate * kAll;
}

}  // namespace arenite
