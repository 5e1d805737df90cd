// SPDX-License-Identifier: MIT
#include "debug/modes/lost_blocks.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <new>
#include <string_view>

#include "debug/leaks/leak_check.hpp"
#include "debug/leaks/leak_frame.hpp"
#include "debug/leaks/suppression_file.hpp"
#include "debug/leaks/suppressions.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/say.hpp"

namespace arenite {
namespace {

constexpr std::size_t kMostGroups = 256;

/// One check's groups, as they come; too much for a stack.
struct Groups {
  LeakGroup groups[kMostGroups];
  std::size_t count = 0;
};

struct MappedGroups {
  MappedGroups() {
    void* at =
        ::mmap(nullptr, sizeof(Groups), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED) groups = new (at) Groups;
  }
  ~MappedGroups() {
    if (groups != nullptr) ::munmap(groups, sizeof(Groups));
  }
  MappedGroups(const MappedGroups&) = delete;
  MappedGroups& operator=(const MappedGroups&) = delete;

  Groups* groups = nullptr;
};
constinit LockWord found_lock{0};
constinit std::string_view rules;

void add_group(Groups& found, const LeakSite& site, bool direct, const LeakAmount& amount) {
  if (amount.objects == 0 || found.count == kMostGroups) return;
  LeakGroup& group = found.groups[found.count++];
  group = {};
  group.bytes = amount.bytes;
  group.objects = amount.objects;
  group.direct = direct;
  BlockFacts facts;
  if (find_block(site.example, facts)) group.serial = facts.serial;
  group.allocated.count = layer.depot.get(site.stack, group.allocated.pc, kMaxFrames);
}

/// The dynamic linker's own: what it keeps for a thread hangs on the thread's control block, also
/// where the C library keeps the stack of one that has ended for the next.
bool is_of_linker(Address pc) {
  std::string_view module = name_leak_frame(pc).module;
  module.remove_prefix(module.rfind('/') + 1);
  return module.starts_with("ld-linux") || module.starts_with("ld-2.");
}

bool is_suppressed(StackId stack) {
  Address frames[kMaxFrames];
  LeakFrame names[kMaxFrames];
  const unsigned count = layer.depot.get(stack, frames, kMaxFrames);
  if (count > 0 && is_of_linker(frames[0])) return true;
  if (rules.empty()) return false;
  for (unsigned i = 0; i < count; ++i) names[i] = name_leak_frame(frames[i]);
  return suppressing_line(rules, {names, count}) != 0;
}

bool is_ignored(const BlockFacts& facts) {
  return layer.has_guarded() && !layer.pages.owns(facts.begin) &&
         layer.guarded.leak_ignored(facts.begin);
}

}  // namespace

std::size_t report_leaks() {
  if (!layer.has_guarded()) return 0;
  const LockGuard guard(found_lock);
  const MappedGroups mapped;
  if (mapped.groups == nullptr) {
    say("leaks: could not tell: no memory");
    return 0;
  }
  Groups& found = *mapped.groups;
  const HeapRoot<Native>& root = process_heap.root();
  // Where some blocks are the heap's own, what they point to is not lost.
  const Region heap = layer.filters.leaves_plain()
                          ? Region{}
                          : Region{root.reservation, root.reservation + root.reservation_bytes};
  const auto of = [](Extent extent) { return Region{extent.begin, extent.end}; };
  const std::array<Region, 8> left_out = {
      heap,
      of(layer.guarded.table().records()),
      of(layer.guarded.table().first_pools()),
      of(layer.guarded.quarantine().ring()),
      of(layer.pages.reservation()),
      of(layer.pages.tables()),
      of(layer.threads.table()),
      Region{reinterpret_cast<Address>(&found), reinterpret_cast<Address>(&found + 1)},
  };
  LeakSettings settings;
  settings.blocks = block_map();
  settings.left_out = left_out;
  settings.ignored = [](void*, const BlockFacts& facts) { return is_ignored(facts); };
  settings.suppressed = [](void*, StackId stack) { return is_suppressed(stack); };
  const LeakTotals totals = check_leaks(
      settings,
      [](void* groups, const LeakSite& site) {
        add_group(*static_cast<Groups*>(groups), site, true, site.direct);
        add_group(*static_cast<Groups*>(groups), site, false, site.indirect);
      },
      &found);
  if (totals.obstacle != LeakObstacle::none) {
    Text<256> line;
    line << (could_not_tell(totals.obstacle) ? "leaks: could not tell: " : "leaks: not certain: ")
         << describe(totals.obstacle);
    say(line.c_str());
  }
  if (!totals.leaks()) return 0;
  ReportDesk::Turn turn(layer.desk, "leaks");
  if (turn) {
    LeakReport report;
    report.groups = {found.groups, found.count};
    report.process = static_cast<std::uint64_t>(::getpid());
    report.settings = layer.settings;
    report.seed = layer.seed;
    report.mode = layer.mode;
    if (layer.program[0] != '\0') report.program = layer.program;
    turn.deliver(report);
  }
  return totals.direct.objects + totals.indirect.objects;
}

void read_suppressions() {
  const char* path = layer.options.suppressions;
  if (path[0] == '\0') return;
  // Never destroyed: leaks are looked for when destructors have run.
  alignas(SuppressionFile) static std::byte storage[sizeof(SuppressionFile)];
  const SuppressionFile* file = new (storage) SuppressionFile(path);
  if (!file->read()) {
    Text<512> line;
    line << "suppressions: cannot read " << path;
    return say(line.c_str());
  }
  rules = file->text();
  check_rules(
      rules,
      [](void*, unsigned number, std::string_view) {
        Text<512> line;
        line << "suppressions: line " << number << " is no rule: leak:PATTERN is expected";
        say(line.c_str());
      },
      nullptr);
}

}  // namespace arenite
