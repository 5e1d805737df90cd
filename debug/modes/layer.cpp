// SPDX-License-Identifier: MIT
#include "debug/modes/layer.hpp"

#include <algorithm>

#include "debug/modes/debug_root.hpp"
#include "debug/modes/faults.hpp"
#include "debug/modes/incident.hpp"
#include "debug/modes/page_blocks.hpp"
#include "debug/modes/say.hpp"
#include "debug/modes/serve.hpp"
#include "debug/report/names.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

void damage_found(void*, const Damage& damage) {
  const char* check = layer.check_name.load(std::memory_order_relaxed);
  const char* by = damage.moment == Moment::release      ? releaser_name(damage.released_as)
                   : damage.moment == Moment::quarantine ? "the check on leaving quarantine"
                   : check != nullptr                    ? check
                                                         : "a check";
  report_incident(incident_of(damage, by));
}

PageHeapSettings page_settings() {
  const Options& options = layer.options;
  PageHeapSettings settings;
  settings.side = options.side;
  settings.seed = layer.seed;
  settings.least_alignment = options.align;
  settings.fill_fresh = options.fill == Fill::both || options.fill == Fill::fresh;
  if (options.mode == Mode::sample) {
    settings.side = Side::random;
    settings.most_blocks = 64;
    settings.quarantine_blocks = 1024;
    settings.reservation_bytes = std::size_t{1} << 30;
    settings.warm_blocks = 8;
  }
  return settings;
}

GuardSettings guard_settings() {
  const Options& options = layer.options;
  GuardSettings settings;
  settings.guard_bytes = options.guard_bytes;
  // Zero stands for none.
  if (options.keyed_guards) settings.guard_key = mix(layer.seed, 0) | 1;
  settings.fill_fresh = options.fill == Fill::both || options.fill == Fill::fresh;
  settings.fill_freed = options.fill == Fill::both || options.fill == Fill::freed;
  settings.quarantine_bytes = options.quarantine_mb << 20;
  return settings;
}

/// Blocks that come back from quarantine lie all over the heap, each on a page that no near cache
/// of addresses knows any more. Not for the first arena, which is all that small programs have;
/// nor for what lies far behind, as such an arena stays in large pages whatever it gives back.
void prefer_large_pages() {
  constexpr std::size_t kSpared = kArenaBytes<Production>;
  constexpr std::size_t kEnd = std::size_t{64} << 20;
  const auto& range = process_heap.root().range;
  if (range.bytes <= kSpared) return;
  LinuxPages().prefer(range.address + kSpared, std::min<std::size_t>(range.bytes, kEnd) - kSpared,
                      PageSize::large);
}

}  // namespace

constinit Redirector process_calls{};
constinit DebugLayer layer{DamageSink{nullptr, damage_found}};

bool find_block(Address at, BlockFacts& facts) {
  if (layer.pages.owns(at)) return layer.pages.find(at, facts);
  return layer.has_guarded() && layer.guarded.find(at, facts);
}

BlockMap block_map() {
  BlockMap map;
  map.find = [](void*, Address at, BlockFacts& facts) { return find_block(at, facts); };
  map.each_live = [](void*, void (*visit)(void* visitor, const BlockFacts& facts), void* visitor) {
    if (layer.has_guarded())
      layer.guarded.each_live([&](const BlockFacts& facts) { visit(visitor, facts); });
    if (layer.has_pages()) layer.pages.each_live(visit, visitor);
  };
  return map;
}

std::size_t check_all_blocks(const char* name, std::size_t& checked) {
  const ToolsLookAway away(*layer.annotator);
  std::size_t damaged = 0;
  layer.check_name.store(name, std::memory_order_relaxed);
  if (layer.has_guarded()) damaged += layer.guarded.check_all(checked);
  if (layer.has_pages()) damaged += check_page_blocks(name);
  layer.check_name.store(nullptr, std::memory_order_relaxed);
  return damaged;
}

bool detail::open_layer() {
  const auto had = [](bool opened, const char* what) {
    if (opened) return true;
    Text<256> line;
    line << "mode=" << layer.mode << " is off: no memory for " << what;
    say(line.c_str());
    layer.options.mode = Mode::fast;
    layer.mode = "fast";
    return false;
  };
  layer.filters.open(layer.options, layer.seed);
  layer.special = layer.options.mode != Mode::debug || layer.filters.any() ||
                  layer.options.break_serial != 0 || layer.options.check_every != 0;
  if (!had(layer.threads.open(), "the table of threads")) return false;
  if (layer.options.stack_depth > 0 && !layer.depot.open()) say("stacks are not kept: no memory");
  if (layer.has_guarded() && !had(layer.guarded.open(guard_settings()), "records of blocks"))
    return false;
  if (layer.has_pages() &&
      !had(layer.pages.open(page_settings(), layer.page_calls.table()), "guard pages"))
    return false;
  if (layer.options.mode == Mode::debug) prefer_large_pages();
  publish_debug_root();
  layer.opened = true;
  return true;
}

bool detail::layer_owns(const void* address) {
  return process_heap.owns(address) || layer.pages.owns(reinterpret_cast<Address>(address));
}

void detail::layer_before_fork() {
  process_calls.before_fork();
  lock_fault_handlers();
  layer.threads.lock_all();
  if (layer.has_guarded()) layer.guarded.lock_all();
  if (layer.has_pages()) layer.pages.lock_all();
}

void detail::layer_after_fork(bool in_child) {
  unlock_fault_handlers();
  process_calls.after_fork();
  if (!in_child) {
    if (layer.has_pages()) layer.pages.unlock_all();
    if (layer.has_guarded()) layer.guarded.unlock_all();
    layer.threads.unlock_all();
    return;
  }
  if (layer.has_pages()) layer.pages.reset_after_fork();
  if (layer.has_guarded()) layer.guarded.reset_after_fork();
  layer.threads.reset_after_fork();
  layer.depot.reset_after_fork();
  layer.python.reset_after_fork();
  layer.desk.after_fork_in_child();
}

}  // namespace arenite
