// SPDX-License-Identifier: MIT
#include "debug/leaks/roots.hpp"

#include <algorithm>

namespace arenite {
namespace {

/// The control block of a thread is smaller, and ends where its stack does, but for alignment.
constexpr std::size_t kControlBytes = 8192;

bool holds(const Mapping& mapping, Address at) {
  return at >= mapping.begin && at < mapping.end;
}

/// Visits what of the region is not left out.
void visit_rest(Region region, std::span<const Region> left_out,
                void (*visit)(void* visitor, Address begin, Address end), void* visitor) {
  for (const Region& hole : left_out) {
    if (hole.end <= region.begin) continue;
    if (hole.begin >= region.end) break;
    if (region.begin < hole.begin) visit(visitor, region.begin, hole.begin);
    region.begin = std::min(hole.end, region.end);
  }
  if (region.begin < region.end) visit(visitor, region.begin, region.end);
}

}  // namespace

bool Roots::each(void (*visit)(void* visitor, Address begin, Address end), void* visitor) {
  MappingReader mappings(asked_.maps_path, buffer_);
  Address inaccessible_end = 0;
  bool any = false;
  for (Mapping mapping; mappings.next(mapping); any = true) {
    if (mapping.readable && mapping.writable)
      visit_rest(counting(mapping, inaccessible_end == mapping.begin), asked_.left_out, visit,
                 visitor);
    if (!mapping.accessible()) inaccessible_end = mapping.end;
  }
  return any;
}

/// The part of a writable mapping that counts. `guarded`: inaccessible pages lie before it.
Region Roots::counting(const Mapping& mapping, bool guarded) const {
  const Region whole{mapping.begin, mapping.end};
  Address stack_low = 0;
  if (mapping.path == "[stack]") {
    stack_low = main_stack_low(mapping);
  } else if (guarded && mapping.inode == 0) {
    const auto threads = threads_in(mapping);
    if (threads.empty() && ended_threads_stack(mapping)) return {mapping.end, mapping.end};
    if (threads.size() == 1) stack_low = threads[0].stack_low;
  }
  return holds(mapping, stack_low) ? Region{stack_low, mapping.end} : whole;
}

std::span<const ThreadPlace> Roots::threads_in(const Mapping& mapping) const {
  const auto before = [](const ThreadPlace& thread, Address at) {
    return thread.thread_pointer < at;
  };
  const auto begin =
      std::lower_bound(asked_.threads.begin(), asked_.threads.end(), mapping.begin, before);
  const auto end = std::lower_bound(begin, asked_.threads.end(), mapping.end, before);
  return {begin, end};
}

/// The main thread's control block lies elsewhere, so any thread there counts, the lowest if there
/// are several; 0 if there is none.
Address Roots::main_stack_low(const Mapping& mapping) const {
  Address lowest = 0;
  for (const ThreadPlace& thread : asked_.threads)
    if (holds(mapping, thread.stack_low) && (lowest == 0 || thread.stack_low < lowest))
      lowest = thread.stack_low;
  return lowest;
}

bool Roots::ended_threads_stack(const Mapping& mapping) const {
  if (!asked_.all_threads_known) return false;
  Address words[kControlBytes / sizeof(Address)];
  const std::size_t bytes = std::min<std::size_t>(mapping.end - mapping.begin, kControlBytes);
  const Address begin = mapping.end - bytes;
  if (!walk_.copy(begin, words, bytes)) return false;
  for (std::size_t i = 0; i + 2 < bytes / sizeof(Address); i += 2) {
    const Address at = begin + i * sizeof(Address);
    if (words[i] == at && words[i + 2] == at) return true;
  }
  return false;
}

}  // namespace arenite
