// SPDX-License-Identifier: MIT
#include "debug/cli/examination.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>

#include "debug/cli/exit_code.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/stopped_process.hpp"
#include "debug/snapshot/reader.hpp"

namespace arenite::cli {
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

void store(void* context, const Finding& finding) {
  static_cast<HeapReport*>(context)->findings.push_back(
      {finding.invariant, finding.place, finding.text});
}

template <MemoryView View>
HeapReport audit_site(const View& view, const HeapSite& site, const ProcessFacts& facts,
                      const Regions& accessible) {
  HeapReport report;
  report.site = site;
  Findings findings(store, &report);
  AuditSubject subject;
  subject.root = site.root;
  if (accessible.begin() != accessible.end()) subject.accessible = &accessible;
  subject.build_id = site.build_id;
  subject.threads = facts.threads;
  audit_heap(view, subject, findings, report.result);
  for (std::size_t i = 0; i < kInvariantCount; ++i) {
    const Invariant invariant{static_cast<std::uint8_t>(i)};
    if (findings.suppressed(invariant) > 0)
      report.suppressed.push_back({invariant, findings.suppressed(invariant)});
  }
  report.unreadable = findings.unreadable_count();
  report.first_unreadable = findings.first_unreadable();
  return report;
}

/// Of the sites, those with a heap; a module may be loaded and not used yet, and a file that is
/// only read through a mapping has no heap behind its note.
template <MemoryView View>
std::vector<HeapSite> with_heap(const View& view, const std::vector<HeapSite>& sites) {
  std::vector<HeapSite> sound, doubtful;
  for (const HeapSite& site : sites) {
    std::uint64_t cookie = 0;
    if (!read_object(view, site.root, cookie) || cookie == 0) continue;
    (cookie == kRootCookie ? sound : doubtful).push_back(site);
  }
  return sound.empty() ? doubtful : sound;
}

template <MemoryView View>
void audit_all(const View& view, Examination& examination) {
  const ProcessFacts& facts = examination.facts;
  std::vector<Region> storage(facts.mappings.size() + 1);
  Regions accessible(storage.data(), storage.size());
  for (const Mapping& mapping : facts.mappings)
    if (mapping.accessible()) accessible.add(mapping.begin, mapping.end);
  examination.heaps.clear();
  for (const HeapSite& site : with_heap(view, facts.sites))
    examination.heaps.push_back(audit_site(view, site, facts, accessible));
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

/// The numbers a process gives its threads are ours only in the same pid namespace.
bool same_numbers(pid_t pid) {
  std::error_code failed;
  const auto ours = std::filesystem::read_symlink("/proc/self/ns/pid", failed);
  const auto theirs =
      std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/pid", failed);
  return !failed && ours == theirs;
}

/// A stopped thread's stack pointer stands last but one in its /proc/PID/task/N/syscall.
std::vector<ThreadStack> stacks_of(const std::string& proc, const StoppedProcess& stopped) {
  std::vector<ThreadStack> stacks;
  for (const std::uint64_t thread : stopped.threads()) {
    std::istringstream fields(read_text(proc + "/task/" + std::to_string(thread) + "/syscall"));
    std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
    if (words.size() < 3) continue;
    stacks.push_back({thread, std::strtoull(words[words.size() - 2].c_str(), nullptr, 16)});
  }
  return stacks;
}

ProcessFacts facts_of_process(pid_t pid, const StoppedProcess& stopped, const LiveView& view) {
  ProcessFacts facts;
  facts.pid = pid;
  const std::string proc = "/proc/" + std::to_string(pid);
  facts.command = read_text(proc + "/comm");
  if (!facts.command.empty() && facts.command.back() == '\n') facts.command.pop_back();
  if (same_numbers(pid)) facts.threads = stopped.threads();
  facts.stacks = stacks_of(proc, stopped);
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

/// One look, and what is to become of it.
class Looks {
 public:
  Looks(pid_t pid, const AtRest& at_rest) : pid_(pid), at_rest_(at_rest) {}

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
    const StoppedProcess stopped(pid_);
    const LiveView view(pid_);
    examination.facts = facts_of_process(pid_, stopped, view);
    audit_all(view, examination);
    if (examination.heaps.empty()) no_heap(examination.facts);
    if (locked(examination) || !stopped.standing()) {
      if (!last) return false;
      examination.torn = stopped.standing() ? "a thread was inside an operation at every look"
                                            : "a thread could not be stopped";
      return count(examination, view);
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
    return count(examination, view);
  }

  bool count(const Examination& examination, const LiveView& view) {
    if (at_rest_) at_rest_(view, examination);
    return true;
  }

  pid_t pid_;
  const AtRest& at_rest_;
  int at_rest_looks_ = 0;
  std::optional<std::set<Key>> persistent_;
};

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::strtoul(text.substr(i, 2).c_str(), nullptr, 16)));
  return bytes;
}

ProcessFacts facts_of_snapshot(const snapshot::Reader& reader) {
  ProcessFacts facts;
  facts.pid = static_cast<pid_t>(reader.header().pid);
  std::istringstream lines(reader.text(snapshot::Kind::facts));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "command") std::getline(words >> std::ws, facts.command);
    if (key == "threads")
      for (std::uint64_t thread; words >> thread;) facts.threads.push_back(thread);
    if (key == "heap") {
      HeapSite site;
      std::string build_id;
      words >> std::hex >> site.root >> build_id;
      std::getline(words >> std::ws, site.module);
      if (build_id != "-") site.build_id = from_hex(build_id);
      facts.sites.push_back(std::move(site));
    }
  }
  std::sort(facts.threads.begin(), facts.threads.end());
  take_mappings(reader.text(snapshot::Kind::mappings), facts);
  return facts;
}

bool undecided(const HeapReport& heap) {
  const AuditEnd end = heap.result.end;
  return (end != AuditEnd::complete && end != AuditEnd::gated) || heap.unreadable > 0;
}

/// Requires: undecided(heap).
const char* why(const HeapReport& heap) {
  switch (heap.result.end) {
    case AuditEnd::other:
      return "the heap has another layout than this tool reads";
    case AuditEnd::no_memory:
      return "there is no memory for the audit";
    default:
      return "memory of the heap could not be read";
  }
}

}  // namespace

void take_mappings(std::string text, ProcessFacts& facts) {
  facts.maps = std::make_unique<std::string>(std::move(text));
  std::string_view rest = *facts.maps;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    Mapping mapping;
    if (parse_mapping(rest.substr(0, length), mapping)) facts.mappings.push_back(mapping);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

std::uint64_t Examination::finding_count() const {
  std::uint64_t count = 0;
  for (const HeapReport& heap : heaps) {
    count += heap.findings.size();
    for (const SuppressedFindings& more : heap.suppressed) count += more.count;
  }
  return count;
}

int Examination::exit_code(std::string& reason) const {
  bool found = false;
  for (const HeapReport& heap : heaps) {
    if (undecided(heap) && reason.empty()) reason = why(heap);
    // That the layout is another one is no fault of the heap.
    if (!heap.findings.empty() && heap.result.end != AuditEnd::other) found = true;
  }
  if (!damage.empty()) {
    reason = damage;
    return kCannotTell;
  }
  if (found && torn.empty()) return kFindings;
  if (!reason.empty()) return kCannotTell;
  if (!found) return kClean;
  reason = torn;
  return kCannotTell;
}

Examination examine_process(pid_t pid, const AtRest& at_rest) {
  return Looks(pid, at_rest).run();
}

Examination examine_snapshot(const std::string& path) {
  const snapshot::Reader reader(path);
  Examination examination;
  examination.damage = reader.damage();
  if ((reader.header().flags & snapshot::kTorn) != 0)
    examination.torn = "the snapshot was taken of a process inside an operation";
  examination.facts = facts_of_snapshot(reader);
  audit_all(reader, examination);
  if (!examination.heaps.empty()) return examination;
  throw CannotTell(examination.damage.empty() ? path + " has no heap in it" : examination.damage);
}

}  // namespace arenite::cli
