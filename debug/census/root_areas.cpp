// SPDX-License-Identifier: MIT
#include "debug/census/root_areas.hpp"

#include <algorithm>
#include <array>

namespace arenite {
namespace {

/// What a function that calls no other may use below its stack pointer.
constexpr std::uint64_t kRedZoneBytes = 128;

bool holds(const Mapping& mapping, Address at) {
  return at >= mapping.begin && at < mapping.end;
}

class Areas {
 public:
  Areas(const AnyView& view, const ProcessFacts& facts, const std::vector<Region>& left_out)
      : view_(view), facts_(facts), left_out_(left_out) {}

  std::vector<RootArea> list() {
    const bool told = std::any_of(facts_.mappings.begin(), facts_.mappings.end(),
                                  [](const Mapping& mapping) { return !mapping.accessible(); });
    const Mapping* before = nullptr;
    for (const Mapping& mapping : facts_.mappings) {
      const bool apart = before == nullptr || before->end != mapping.begin;
      const bool behind_guard = told ? !apart && !before->accessible()
                                     : (apart || is_dumped_guard(*before)) && may_be_stack(mapping);
      if (mapping.readable && mapping.writable) add(area_of(mapping, behind_guard));
      before = &mapping;
    }
    return std::move(areas_);
  }

 private:
  /// As gcore writes pages that were inaccessible, unless it leaves them out.
  static bool is_dumped_guard(const Mapping& mapping) {
    return mapping.inode == 0 && !mapping.writable;
  }

  /// For cores that do not say what was inaccessible, as gcore's: a thread that has its control
  /// block there has its stack there, too.
  bool may_be_stack(const Mapping& mapping) const {
    return std::all_of(facts_.contexts.begin(), facts_.contexts.end(),
                       [&](const ThreadContext& context) {
                         return !holds(mapping, context.registers.fs_base) ||
                                holds(mapping, context.stack_pointer());
                       });
  }

  /// `guarded`: inaccessible pages lie before it, as before the stack of a thread.
  RootArea area_of(const Mapping& mapping, bool guarded) const {
    RootArea area{{mapping.begin, mapping.end}};
    const bool main = mapping.path == "[stack]";
    if (!main && !(guarded && mapping.inode == 0)) return area;
    const ThreadContext* thread = nullptr;
    unsigned threads = 0;
    for (const ThreadContext& context : facts_.contexts) {
      const Address own = main ? context.stack_pointer() : context.registers.fs_base;
      if (!holds(mapping, own)) continue;
      ++threads;
      if (thread == nullptr || context.stack_pointer() < thread->stack_pointer()) thread = &context;
    }
    if (thread == nullptr) {
      const Address control = main ? 0 : ended_threads_control(mapping);
      if (control != 0) {
        area.kind = RootArea::Kind::ended_stack;
        area.kept_by_libc = control + sizeof(Address);
      }
      return area;
    }
    area.thread = thread->thread;
    area.kind = RootArea::Kind::stack;
    // A thread may stand on another stack than its own: all of its own counts then.
    const Address low = thread->stack_pointer() - kRedZoneBytes;
    if ((main || threads == 1) && holds(mapping, low)) area.region.begin = low;
    return area;
  }

  /// The control block of an ended thread: it has its own address in its first and third word, and
  /// no thread is its own. 0 if there is none.
  Address ended_threads_control(const Mapping& mapping) const {
    // Where not all threads are known, it may be alive.
    if (facts_.contexts.empty() || facts_.contexts.size() < facts_.threads.size()) return 0;
    std::array<Address, kControlBytes / sizeof(Address)> words;
    const std::size_t bytes = std::min<std::size_t>(mapping.end - mapping.begin, kControlBytes);
    const Address begin = mapping.end - bytes;
    if (!view_.read(begin, words.data(), bytes)) return 0;
    for (std::size_t i = 0; i + 2 < bytes / sizeof(Address); i += 2) {
      const Address at = begin + i * sizeof(Address);
      if (words[i] == at && words[i + 2] == at) return at;
    }
    return 0;
  }

  /// What of the area is not left out.
  void add(RootArea area) {
    for (const Region& hole : left_out_) {
      if (hole.end <= area.region.begin) continue;
      if (hole.begin >= area.region.end) break;
      if (area.region.begin < hole.begin) {
        RootArea part = area;
        part.region.end = hole.begin;
        areas_.push_back(part);
      }
      area.region.begin = std::min(hole.end, area.region.end);
    }
    if (area.region.begin < area.region.end) areas_.push_back(area);
  }

  const AnyView& view_;
  const ProcessFacts& facts_;
  const std::vector<Region>& left_out_;
  std::vector<RootArea> areas_;
};

}  // namespace

std::vector<RootArea> root_areas(const AnyView& view, const ProcessFacts& facts,
                                 const std::vector<Region>& left_out) {
  return Areas(view, facts, left_out).list();
}

}  // namespace arenite
