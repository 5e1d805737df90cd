// SPDX-License-Identifier: MIT
// A live process, examined: stopped for a look, again until a look finds it at rest.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <thread>
#include <tuple>

#include "debug/layer/layer_stretches.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/direct_view.hpp"
#include "debug/memory/live_view.hpp"
#include "debug/memory/memory_copy.hpp"
#include "debug/memory/stopped_process.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/target/inputs.hpp"

namespace arenite {
namespace {

/// Looks at a process until one finds it at rest; looks at rest that must agree on a finding.
constexpr int kLooks = 20;
constexpr int kLooksThatAgree = 5;
constexpr std::chrono::milliseconds kPause{1};

using Key = std::tuple<Address, Invariant, Subject, std::uint64_t, Address>;

Key key_of(const HeapReport& heap, const StoredFinding& finding) {
  return {heap.site.root, finding.invariant, finding.place.subject, finding.place.number,
          finding.place.address};
}

bool locked(const Examination& examination) {
  return std::any_of(examination.heaps.begin(), examination.heaps.end(),
                     [](const HeapReport& heap) { return heap.result.locked; });
}

std::set<Key> keys_of(const Examination& examination) {
  std::set<Key> keys;
  for (const HeapReport& heap : examination.heaps)
    for (const StoredFinding& finding : heap.findings) keys.insert(key_of(heap, finding));
  return keys;
}

void keep_only(Examination& examination, const std::set<Key>& keys) {
  for (HeapReport& heap : examination.heaps)
    std::erase_if(heap.findings, [&](const StoredFinding& finding) {
      return !keys.contains(key_of(heap, finding));
    });
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

/// The numbers a process gives its threads are ours only in the same pid namespace.
bool same_numbers(pid_t pid) {
  std::error_code failed;
  const auto ours = std::filesystem::read_symlink("/proc/self/ns/pid", failed);
  const auto theirs =
      std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/pid", failed);
  return !failed && ours == theirs;
}

std::vector<ThreadContext> contexts_of(const StoppedProcess& stopped) {
  std::vector<ThreadContext> contexts;
  for (const std::uint64_t thread : stopped.threads()) {
    ThreadContext context{thread, {}};
    if (stopped.registers(thread, context.registers)) contexts.push_back(context);
  }
  return contexts;
}

/// Read piece by piece: blocks as LiveView copies them took most of the time a process stood.
ProcessFacts facts_of_process(pid_t pid, const StoppedProcess& stopped, const DirectView& view) {
  ProcessFacts facts;
  facts.pid = pid;
  facts.time_ns = now_ns();
  const std::string proc = "/proc/" + std::to_string(pid);
  facts.command = read_text(proc + "/comm");
  if (!facts.command.empty() && facts.command.back() == '\n') facts.command.pop_back();
  if (same_numbers(pid)) facts.threads = stopped.threads();
  facts.contexts = contexts_of(stopped);
  take_mappings(read_text(proc + "/maps"), facts);
  facts.sites = find_heap_sites(view, facts.mappings);
  return facts;
}

[[noreturn]] void no_heap(const ProcessFacts& facts) {
  const std::string who = "process " + std::to_string(facts.pid) + " (" + facts.command + ")";
  if (facts.sites.empty()) throw CannotTell("there is no Arenite in " + who);
  throw CannotTell("Arenite is in " + who + ", from " + facts.sites.front().module +
                   ", but its heap was not used yet");
}

/// A process as one look shows it: the tables of its heaps as they were while it stood, everything
/// else as it is when it is read.
class Look {
 public:
  Look(pid_t pid, bool briefly) : pid_(pid), live_(pid), direct_(pid) {
    if (briefly) copy_.prepare(expected_bytes());
    began_ = Clock::now();
    stopped_ = std::make_unique<StoppedProcess>(pid);
    facts = facts_of_process(pid, *stopped_, direct_);
    standing_ = stopped_->standing();
    if (briefly && copy_tables()) let_go();
  }

  /// What is now, of what was not copied; null if it is what was then.
  const AnyView* now() const { return stopped_ ? nullptr : &now_view_; }

  bool read(Address at, void* to, std::size_t bytes) const {
    return copy_.read(at, to, bytes) || live_.read(at, to, bytes);
  }
  /// Every thread stood.
  bool standing() const { return standing_; }
  void let_go() {
    if (!stopped_) return;
    stopped_.reset();
    stood = Clock::now() - began_;
  }

  ProcessFacts facts;
  std::chrono::nanoseconds stood{0};

 private:
  using Clock = std::chrono::steady_clock;

  /// What was copied, otherwise what is.
  struct CopiedFirst {
    const MemoryCopy& copy;
    const DirectView& direct;
    bool read(Address at, void* to, std::size_t bytes) const {
      return copy.read(at, to, bytes) || direct.read(at, to, bytes);
    }
  };

  /// False if they are too large, or cannot be read.
  bool copy_tables() {
    for (const HeapSite& site : facts.sites)
      if (!copy_tables_of(site, copy_,
                          [this](const auto& stretches) { return copy_.take(pid_, stretches); }))
        return false;
    return true;
  }

  /// Takes the heap's tables into `copy`, and gives `take` what of the debug layer is to be taken.
  template <class Take>
  bool copy_tables_of(const HeapSite& site, MemoryCopy& copy, const Take& take) const {
    HeapPlan plan;
    Findings findings([](void*, const Finding&) {}, nullptr);
    if (!RootAudit(plan, findings).admit(direct_, site.root)) return true;
    if (!copy.take(pid_, snapshot::heap_stretches(plan, false))) return false;
    LayerPlan layer;
    const CopiedFirst view{copy, direct_};
    if (admit_layer(view, site.debug_root, plan, layer) != LayerEnd::there) return true;
    return take(LayerStretches<CopiedFirst>(view, plan, layer).gather(site.debug_root));
  }

  /// How much there is to copy, learned while the process runs and with some to spare, so that room
  /// for it need not be made while it stands. Nothing else is taken from this look.
  std::size_t expected_bytes() const {
    ProcessFacts running;
    take_mappings(read_text("/proc/" + std::to_string(pid_) + "/maps"), running);
    running.sites = find_heap_sites(direct_, running.mappings);
    MemoryCopy tables;
    std::size_t bytes = 0;
    for (const HeapSite& site : running.sites)
      copy_tables_of(site, tables, [&](const auto& stretches) {
        for (const Region& region : stretches) bytes += region.end - region.begin;
        return true;
      });
    return (bytes + tables.bytes()) / 8 * 9;
  }

  Clock::time_point began_;
  pid_t pid_;
  std::unique_ptr<StoppedProcess> stopped_;
  LiveView live_;
  MemoryCopy copy_;
  DirectView direct_;
  AnyView now_view_{direct_};
  bool standing_ = false;
};
static_assert(MemoryView<Look>);

/// Looks until one finds the process at rest, and those that do agree on what they find.
class Looks {
 public:
  Looks(pid_t pid, const AtRest& at_rest, Standing standing, const Told& told)
      : pid_(pid), at_rest_(at_rest), told_(told), briefly_(standing == Standing::briefly) {}

  Examination run() {
    for (int look = 1;; ++look) {
      Examination examination;
      if (take(examination, look == kLooks)) return examination;
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  /// Whether this look is the one that counts.
  bool take(Examination& examination, bool last) {
    Look look(pid_, briefly_);
    examination.facts = std::move(look.facts);
    const AnyView view(look);
    WatchedView watched(view, told_);
    audit_heaps(watched, Contents::live, examination, look.now());
    if (examination.heaps.empty()) no_heap(examination.facts);
    if (locked(examination) || !look.standing()) {
      if (!last) return false;
      examination.torn = look.standing() ? "a thread was inside an operation at every look"
                                         : "a thread could not be stopped";
      return count(examination, look, watched);
    }
    const std::set<Key> found = keys_of(examination);
    ++at_rest_looks_;
    if (persistent_) {
      std::erase_if(*persistent_, [&](const Key& key) { return !found.contains(key); });
    } else {
      persistent_ = found;
    }
    if (!persistent_->empty() && at_rest_looks_ < kLooksThatAgree && !last) return false;
    keep_only(examination, *persistent_);
    if (persistent_->empty())
      for (HeapReport& heap : examination.heaps) heap.suppressed.clear();
    return count(examination, look, watched);
  }

  bool count(Examination& examination, Look& look, const WatchedView& watched) {
    if (at_rest_) at_rest_(watched, examination);
    look.let_go();
    examination.stood = look.stood;
    return true;
  }

  pid_t pid_;
  const AtRest& at_rest_;
  const Told& told_;
  bool briefly_;
  int at_rest_looks_ = 0;
  std::optional<std::set<Key>> persistent_;
};

}  // namespace

Examination examine_process(pid_t pid, const AtRest& at_rest, Standing standing, const Told& told) {
  return Looks(pid, at_rest, standing, told).run();
}

}  // namespace arenite
