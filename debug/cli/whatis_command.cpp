// SPDX-License-Identifier: MIT
#include <vector>

#include <fmt/format.h>

#include "debug/audit/locate.hpp"
#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/places.hpp"
#include "debug/cli/stack_names.hpp"
#include "debug/memory/direct_view.hpp"
#include "debug/report/names.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Answer {
  std::string text;
  Json json;
};

/// A state of a block, in words.
const char* words(Use use) {
  switch (use) {
    case Use::live_block:
      return "live";
    case Use::free_block:
      return "free";
    case Use::uncarved_block:
      return "never used";
    case Use::held_block:
      return "free, in a thread's array";
    default:
      return "";
  }
}

Json place_in_pool(const Location& found) {
  return {{"arena", found.arena},
          {"pool", found.pool},
          {"begin", fmt::format("{:#x}", found.begin)},
          {"bytes", found.bytes},
          {"offset", found.offset}};
}

Answer describe_location(const Location& found) {
  switch (found.use) {
    case Use::root:
      return {"the heap root", {{"use", "root"}}};
    case Use::table:
      return {fmt::format("the heap's table of {}", found.name),
              {{"use", "table"}, {"table", found.name}}};
    case Use::reserved:
      return {"the heap's reservation, not in use", {{"use", "reserved"}}};
    case Use::free_pool:
      return {fmt::format("free pool {} of arena {}", found.pool, found.arena),
              {{"use", "free pool"}, {"place", place_in_pool(found)}}};
    case Use::pool_tail:
      return {fmt::format("behind the last block of pool {}, arena {}", found.pool, found.arena),
              {{"use", "pool tail"}, {"place", place_in_pool(found)}}};
    case Use::span:
      return {fmt::format("offset {} in a live span of {} bytes at {:#x}, arena {}", found.offset,
                          found.bytes, found.begin, found.arena),
              {{"use", "span"}, {"place", place_in_pool(found)}}};
    case Use::unreadable:
      return {
          fmt::format("pool {} of arena {}, whose state makes no sense", found.pool, found.arena),
          {{"use", "unclear"}}};
    default:
      break;
  }
  const bool held = found.use == Use::held_block, shelved = found.thread == Location::kOnShelf;
  const std::string state = held && shelved ? "free, on the shelf of its class" : words(found.use);
  const std::string thread =
      held && !shelved ? fmt::format(" (thread block {})", found.thread) : "";
  Answer answer{
      fmt::format("offset {} in block {} of {} bytes at {:#x}, class {}, pool {}, arena {}: {}{}",
                  found.offset, found.block, found.bytes, found.begin, found.size_class, found.pool,
                  found.arena, state, thread),
      {{"use", "block"},
       {"state", state},
       {"class", found.size_class},
       {"block", found.block},
       {"place", place_in_pool(found)}}};
  if (held && !shelved) answer.json["thread_block"] = found.thread;
  return answer;
}

Answer describe_mapping(Address at, const ProcessFacts& facts) {
  const MappedPlace place = place_in_mappings(at, facts);
  if (place.mapping == nullptr) return {place.text, {{"use", "not mapped"}}};
  const Mapping& mapping = *place.mapping;
  return {place.text,
          {{"use", "mapping"},
           {"name", place.name},
           {"path", mapping.path},
           {"begin", fmt::format("{:#x}", mapping.begin)},
           {"file_offset", mapping.offset + (at - mapping.begin)}}};
}

/// What can only be learned while memory can be read.
struct Look {
  /// Of a live process, its memory as it is at each read; otherwise null.
  const AnyView* now = nullptr;
  Location location;
  LayerReport layer;
  bool in_layer = false;
  LayerBlock block;
  std::vector<std::string> damage;
  std::vector<Location> neighbours;
  Traces traces;
  StackNames names;
};

void look_at_layer(const AnyView& view, const HeapReport& heap, Address at, Look& look) {
  const LayerBlocks<AnyView> blocks(view, heap.result.plan, heap.layer.plan);
  if (!heap.layer.there() || !blocks.find(at, look.block)) return;
  look.in_layer = true;
  look.layer = heap.layer;
  const auto store = [](void* to, const Finding& finding) {
    static_cast<Look*>(to)->damage.push_back(fmt::format(
        "{} at {:#x}: {}", facts_of(finding.invariant).id, finding.place.address, finding.text));
  };
  Findings findings(store, &look);
  const BlockFacts& facts = look.block.facts;
  const SecondLook again(look.now, heap.result.plan, heap.layer.plan);
  GuardBytes<AnyView> bytes(view, heap.layer.plan, heap.layer.contents, findings, again);
  const bool sound = facts.size <= facts.outer_end - facts.outer_begin &&
                     facts.begin - facts.outer_begin <= facts.outer_end - facts.outer_begin;
  if (sound && !look.block.on_pages && heap.layer.contents != Contents::absent)
    bytes.check_guarded(look.block);
  for (const StackId stack : {facts.allocated, facts.freed}) look.names.take(stack, look.traces);
}

bool is_block(Use use) {
  return use == Use::live_block || use == Use::free_block || use == Use::uncarved_block ||
         use == Use::held_block;
}

void look_at(const AnyView& view, const HeapReport& heap, Address at, Look& look) {
  const Locator<AnyView> locator(view, heap.result.plan);
  if (look.location.use == Use::outside) look.location = locator.locate(at);
  if (!look.in_layer) look_at_layer(view, heap, at, look);
  const Location& here = look.location;
  if (!is_block(here.use) || !look.neighbours.empty()) return;
  for (const Address near : {here.begin - 1, here.begin + here.bytes})
    if (const Location other = locator.locate(near); is_block(other.use) && other.pool == here.pool)
      look.neighbours.push_back(other);
}

/// Where an address lies in a block as the program sees it.
std::string offset_text(Address at, const BlockFacts& facts) {
  const Address end = facts.begin + facts.size;
  if (at < facts.begin) return fmt::format("{} bytes before", facts.begin - at);
  if (at >= end) return fmt::format("{} bytes behind", at - end);
  return fmt::format("offset {} in", at - facts.begin);
}

void add_stack(const char* what, ThreadNumber thread, StackId stack, Look& look, Answer& answer) {
  answer.text += fmt::format("\n  {} by thread {}:", what, thread);
  for (const NamedFrame& frame : look.names.of(stack))
    answer.text += fmt::format("\n    {}", frame.text());
  answer.json[what] = {{"thread", thread}, {"stack", describe(look.names.of(stack))}};
}

/// What the debug layer knows, behind what the heap knows.
void add_layer(Address at, Look& look, Answer& answer) {
  const BlockFacts& facts = look.block.facts;
  const bool freed = facts.state == BlockState::freed;
  const char* state = !freed                ? "live"
                      : look.block.on_pages ? "freed, its pages closed"
                                            : "freed, in quarantine";
  answer.text +=
      fmt::format("\n  {} a block of {} bytes at {:#x}, {}, allocation {} of the process",
                  offset_text(at, facts), facts.size, facts.begin, state, facts.serial);
  Json json{{"begin", fmt::format("{:#x}", facts.begin)},
            {"requested", facts.size},
            {"state", freed ? "freed" : "live"},
            {"serial", facts.serial},
            {"entry_point", allocator_name(facts.family)}};
  answer.text += fmt::format(", by {}", allocator_name(facts.family));
  Answer stacks;
  add_stack("allocated", facts.allocated_by, facts.allocated, look, stacks);
  if (freed) add_stack("freed", facts.freed_by, facts.freed, look, stacks);
  answer.text += stacks.text;
  json.update(stacks.json);
  json["damage"] = look.damage;
  for (const std::string& line : look.damage) answer.text += "\n  damaged: " + line;
  answer.json["layer"] = std::move(json);
}

void add_neighbours(const Look& look, Answer& answer) {
  Json list = Json::array();
  for (const Location& near : look.neighbours) {
    const bool before = near.begin < look.location.begin;
    answer.text += fmt::format("\n  {}: block {} at {:#x}, {}", before ? "before it" : "behind it",
                               near.block, near.begin, words(near.use));
    list.push_back({{"block", near.block},
                    {"begin", fmt::format("{:#x}", near.begin)},
                    {"state", words(near.use)}});
  }
  if (!list.empty()) answer.json["neighbours"] = std::move(list);
}

}  // namespace

int whatis(const Source& source, const std::string& address, Format format) {
  Address at = 0;
  if (!parse_address(address, at)) {
    fmt::print(stderr, "arenite: {} is no address; give it in hexadecimal\n", address);
    return kUsage;
  }
  Look look;
  const DirectView direct(source.pid);
  const AnyView now(direct);
  if (source.pid != 0) look.now = &now;
  const Examination examination =
      examine(source, [&](const AnyView& view, const Examination& seen) {
        look.names.take_modules(view, seen.facts);
        look.traces = traces_of(view, seen);
        for (const HeapReport& heap : seen.heaps)
          if (heap.complete()) look_at(view, heap, at, look);
      });
  Answer answer = look.location.use == Use::outside ? describe_mapping(at, examination.facts)
                                                    : describe_location(look.location);
  if (look.in_layer) add_layer(at, look, answer);
  add_neighbours(look, answer);
  if (format == Format::text) {
    fmt::print("{:#x}: {}\n", at, answer.text);
  } else {
    Json json = describe(examination.facts);
    json["address"] = fmt::format("{:#x}", at);
    json.update(answer.json);
    fmt::print("{}\n", dump(json));
  }
  // Findings elsewhere in the heap are the audit's to tell.
  std::string reason;
  if (examination.exit_code(reason) != kCannotTell) return kClean;
  std::fflush(stdout);
  fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  return kCannotTell;
}

}  // namespace arenite::cli
