// SPDX-License-Identifier: MIT
#include <charconv>

#include <fmt/format.h>

#include "debug/audit/locate.hpp"
#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Answer {
  std::string text;
  Json json;
};

bool parse_address(const std::string& text, Address& at) {
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  const char* begin = text.data() + (prefixed ? 2 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, at, 16);
  return error == std::errc{} && stop == end;
}

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
  const std::string thread =
      found.use == Use::held_block ? fmt::format(" (thread block {})", found.thread) : "";
  Answer answer{
      fmt::format("offset {} in block {} of {} bytes at {:#x}, class {}, pool {}, arena {}: {}{}",
                  found.offset, found.block, found.bytes, found.begin, found.size_class, found.pool,
                  found.arena, words(found.use), thread),
      {{"use", "block"},
       {"state", words(found.use)},
       {"class", found.size_class},
       {"block", found.block},
       {"place", place_in_pool(found)}}};
  if (found.use == Use::held_block) answer.json["thread_block"] = found.thread;
  return answer;
}

bool holds(const Mapping& mapping, Address at) {
  return at >= mapping.begin && at < mapping.end;
}

/// What a mapping is for. `before`: the one below it, or null.
std::string purpose(const Mapping& mapping, const Mapping* before, const ProcessFacts& facts) {
  for (const ThreadContext& context : facts.contexts)
    if (holds(mapping, context.stack_pointer()))
      return fmt::format("the stack of thread {}", context.thread);
  std::string path(mapping.path);
  if (path == "[heap]") return "the C library's heap (brk)";
  if (!path.empty() && path.front() == '[') return path;
  if (!path.empty())
    return (mapping.writable     ? "data of "
            : mapping.executable ? "code of "
                                 : "read-only data of ") +
           path;
  // What a module has of zeros stands right behind its data.
  const bool behind = before != nullptr && before->end == mapping.begin && before->writable &&
                      before->inode != 0 && mapping.writable;
  return behind ? "zeroed data of " + std::string(before->path) : "anonymous memory";
}

Answer describe_mapping(Address at, const ProcessFacts& facts) {
  const Mapping* before = nullptr;
  for (const Mapping& mapping : facts.mappings) {
    if (holds(mapping, at)) {
      const std::string name = purpose(mapping, before, facts);
      const std::string begin = fmt::format("{:#x}", mapping.begin);
      return {fmt::format("{}, offset {} from {}", name, at - mapping.begin, begin),
              {{"use", "mapping"},
               {"name", name},
               {"path", mapping.path},
               {"begin", begin},
               {"file_offset", mapping.offset + (at - mapping.begin)}}};
    }
    before = &mapping;
  }
  return {"not mapped", {{"use", "not mapped"}}};
}

}  // namespace

int whatis(const Source& source, const std::string& address, Format format) {
  Address at = 0;
  if (!parse_address(address, at)) {
    fmt::print(stderr, "arenite: {} is no address; give it in hexadecimal\n", address);
    return kUsage;
  }
  Location found;
  const Examination examination =
      examine(source, [&](const AnyView& view, const Examination& seen) {
        for (const HeapReport& heap : seen.heaps)
          if (heap.complete() && found.use == Use::outside)
            found = Locator<AnyView>(view, heap.result.plan).locate(at);
      });
  const Answer answer = found.use == Use::outside ? describe_mapping(at, examination.facts)
                                                  : describe_location(found);
  if (format == Format::text) {
    fmt::print("{:#x}: {}\n", at, answer.text);
  } else {
    Json json = describe(examination.facts);
    json["address"] = fmt::format("{:#x}", at);
    json.update(answer.json);
    fmt::print("{}\n", dump(json));
  }
  return kClean;
}

}  // namespace arenite::cli
