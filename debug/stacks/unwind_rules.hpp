// SPDX-License-Identifier: MIT
// The rules of all code of the process, remembered in a table of fixed size, so that a frame known
// already costs a few nanoseconds. Any thread, signal handlers too; takes no lock, never allocates.
// `prepare_objects` comes first.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/stacks/unwind_rule.hpp"

namespace arenite {

/// Forgets what was remembered: other code may lie at an address after dlopen or dlclose.
void forget_rules();
/// How often it did.
std::uint32_t times_forgotten();

/// The rule by the tables of the object that has `pc`, not remembered.
UnwindRule look_rule_up(Address pc);

namespace detail {

/// Both words together name their place: `check` is the place mixed with the rule, so that words of
/// two writers fit no place.
struct alignas(16) RememberedRule {
  std::atomic<std::uint64_t> check;
  std::atomic<std::uint64_t> rule;
};

inline constexpr std::size_t kRememberedRules = 16384;
[[gnu::visibility("hidden")]] extern RememberedRule remembered_rules[kRememberedRules];

inline std::uint64_t check_of(Address place, std::uint64_t rule) {
  return place ^ (rule * 0x9e3779b97f4a7c15);
}

inline RememberedRule& remembered_at(Address place) {
  // In bytes at once: each step of a walk waits for this.
  constexpr Address kMask = (kRememberedRules - 1) * sizeof(RememberedRule);
  const Address offset = ((place << 4) ^ (place >> 10)) & kMask;
  return *reinterpret_cast<RememberedRule*>(reinterpret_cast<char*>(remembered_rules) + offset);
}

UnwindRule remember_rule(Address place);

}  // namespace detail

/// The rule of the code a return address belongs to: that of the call before it. For an exact
/// program counter, give it plus one.
[[gnu::always_inline]] inline UnwindRule rule_before(Address place) {
  const detail::RememberedRule& remembered = detail::remembered_at(place);
  const std::uint64_t rule = remembered.rule.load(std::memory_order_relaxed);
  if (remembered.check.load(std::memory_order_relaxed) == detail::check_of(place, rule)) [[likely]]
    return UnwindRule(rule);
  return detail::remember_rule(place);
}

}  // namespace arenite
