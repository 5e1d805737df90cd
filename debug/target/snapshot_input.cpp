// SPDX-License-Identifier: MIT
// A snapshot file, examined.
#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>

#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/reader.hpp"
#include "debug/target/inputs.hpp"

namespace arenite {
namespace {

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::strtoul(text.substr(i, 2).c_str(), nullptr, 16)));
  return bytes;
}

/// Pools whose residency is taken from a file, at the most.
constexpr std::size_t kMostPools = 4u << 20;

void take_residency(std::string_view text, ProcessFacts& facts) {
  std::size_t most = kMostPools;
  for (const Residency& residency : facts.residency) most -= residency.pages.size();
  Residency residency;
  if (parse_residency(text, most, residency)) facts.residency.push_back(std::move(residency));
}

void take_context(std::istream& words, ProcessFacts& facts) {
  ThreadContext context;
  std::array<std::uint64_t, sizeof context.registers / 8> registers{};
  words >> context.thread >> std::hex;
  for (std::uint64_t& word : registers) words >> word;
  if (!words) return;
  std::memcpy(&context.registers, registers.data(), sizeof registers);
  facts.contexts.push_back(context);
}

void take_untouched(std::istream& words, ProcessFacts& facts) {
  words >> std::hex;
  for (Region region{}; words >> region.begin >> region.end;)
    if (region.begin < region.end &&
        (facts.untouched.empty() || facts.untouched.back().end <= region.begin))
      facts.untouched.push_back(region);
}

/// What the modules' own headers say, which are in the file: where the debug layer is.
void complete_sites(const snapshot::Reader& reader, ProcessFacts& facts) {
  for (const HeapSite& found : find_heap_sites(reader, facts.mappings))
    for (HeapSite& site : facts.sites)
      if (site.root == found.root) {
        site.debug_root = found.debug_root;
        site.bias = found.bias;
      }
}

ProcessFacts facts_of_snapshot(const snapshot::Reader& reader) {
  ProcessFacts facts;
  facts.pid = static_cast<pid_t>(reader.header().pid);
  facts.time_ns = reader.header().time_ns;
  std::istringstream lines(reader.text(snapshot::Kind::facts));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "command") std::getline(words >> std::ws, facts.command);
    if (key == "threads")
      for (std::uint64_t thread; words >> thread;) facts.threads.push_back(thread);
    if (key == "signal") words >> facts.signal;
    if (key == "context") take_context(words, facts);
    if (key == "untouched") take_untouched(words, facts);
    if (key == "resident") {
      std::string residency;
      std::getline(words >> std::ws, residency);
      take_residency(residency, facts);
    }
    if (key == "list_ends" && !facts.sites.empty())
      words >> std::hex >> facts.sites.back().list_ends;
    if (key == "heap" || key == "own") {
      HeapSite site;
      site.own = key == "own";
      std::string build_id;
      words >> std::hex >> site.root >> build_id;
      std::getline(words >> std::ws, site.module);
      if (build_id != "-") site.build_id = from_hex(build_id);
      facts.sites.push_back(std::move(site));
    }
  }
  std::sort(facts.threads.begin(), facts.threads.end());
  take_mappings(reader.text(snapshot::Kind::mappings), facts);
  complete_sites(reader, facts);
  return facts;
}

}  // namespace

Examination examine_snapshot(const std::string& path, const AtRest& at_rest, const Told& told) {
  const snapshot::Reader reader(path);
  Examination examination;
  examination.damage = reader.damage();
  if ((reader.header().flags & snapshot::kTorn) != 0)
    examination.torn = "the snapshot was taken of a process inside an operation";
  examination.facts = facts_of_snapshot(reader);
  const bool full = (reader.header().flags & snapshot::kFull) != 0;
  if (!full)
    examination.lacking = path + " was saved without the contents of memory, which this needs; " +
                          "save it with arenite snapshot --full";
  const AnyView view(reader);
  WatchedView watched(view, told);
  audit_heaps(watched, full ? Contents::there : Contents::absent, examination);
  if (examination.heaps.empty())
    throw CannotTell(examination.damage.empty() ? path + " has no heap in it" : examination.damage);
  if (at_rest) at_rest(watched, examination);
  return examination;
}

}  // namespace arenite
