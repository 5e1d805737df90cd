// SPDX-License-Identifier: MIT
#include "debug/stacks/unwind_rules.hpp"

#include "debug/stacks/call_frames.hpp"
#include "debug/stacks/loaded_objects.hpp"

namespace arenite {
namespace {

/// Counts `forget_rules`.
constinit std::atomic<std::uint32_t> forgotten{0};

void clear(detail::RememberedRule& remembered) {
  remembered.check.store(0, std::memory_order_relaxed);
  remembered.rule.store(0, std::memory_order_relaxed);
}

}  // namespace

constinit detail::RememberedRule detail::remembered_rules[kRememberedRules] = {};

UnwindRule look_rule_up(Address pc) {
  LoadedObject object;
  if (!find_object(pc, object) || object.frame_table == 0) return {};
  return read_rule(object.frame_table, object.readable_around(object.frame_table), pc);
}

[[gnu::noinline]] UnwindRule detail::remember_rule(Address place) {
  // That nothing is known yet is not worth remembering.
  if (!objects_prepared()) return {};
  // Acquire: pairs with the addition in `forget_rules`; with the new count come the new objects.
  const std::uint32_t before = forgotten.load(std::memory_order_acquire);
  const UnwindRule rule = look_rule_up(place - 1);
  RememberedRule& remembered = remembered_at(place);
  remembered.rule.store(rule.word(), std::memory_order_relaxed);
  // In one order with those of `forget_rules`: either it clears what is stored here, or the count
  // below is the new one.
  remembered.check.store(check_of(place, rule.word()), std::memory_order_seq_cst);
  if (forgotten.load(std::memory_order_seq_cst) != before) clear(remembered);
  return rule;
}

std::uint32_t times_forgotten() {
  return forgotten.load(std::memory_order_relaxed);
}

void forget_rules() {
  refresh_objects();
  // Pairs with the loads in `remember_rule`.
  forgotten.fetch_add(1, std::memory_order_seq_cst);
  for (detail::RememberedRule& remembered : detail::remembered_rules) clear(remembered);
}

}  // namespace arenite
