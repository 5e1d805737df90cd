// SPDX-License-Identifier: MIT
// A core file, examined.
#include <algorithm>

#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/core_file.hpp"
#include "debug/target/inputs.hpp"

namespace arenite {
namespace {

ProcessFacts facts_of_core(const CoreFile& core) {
  const CoreNotes& notes = core.notes();
  ProcessFacts facts;
  facts.pid = static_cast<pid_t>(notes.pid);
  facts.command = notes.command;
  facts.signal = notes.signal;
  for (const CoreThread& thread : notes.threads) {
    facts.threads.push_back(thread.number);
    facts.contexts.push_back({thread.number, thread.registers});
  }
  std::sort(facts.threads.begin(), facts.threads.end());
  take_mappings(core.maps(), facts);
  facts.sites = find_heap_sites(core, facts.mappings);
  return facts;
}

[[noreturn]] void no_heap(const std::string& path, const CoreFile& core,
                          const ProcessFacts& facts) {
  if (!core.damage().empty()) throw CannotTell(core.damage());
  if (facts.sites.empty()) throw CannotTell("there is no Arenite in " + path);
  throw CannotTell("Arenite is in " + path + ", from " + facts.sites.front().module +
                   ", but its heap was not used yet, or is not in the core");
}

}  // namespace

Examination examine_core(const std::string& path, const AtRest& at_rest, const Told& told) {
  const CoreFile core(path);
  Examination examination;
  examination.damage = core.damage();
  examination.facts = facts_of_core(core);
  const AnyView view(core);
  WatchedView watched(view, told);
  audit_heaps(watched, Contents::patchy, examination);
  if (examination.heaps.empty()) no_heap(path, core, examination.facts);
  for (const HeapReport& heap : examination.heaps)
    if (heap.result.locked) examination.torn = "a thread was inside an operation";
  if (at_rest) at_rest(watched, examination);
  return examination;
}

}  // namespace arenite
