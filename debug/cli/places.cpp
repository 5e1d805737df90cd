// SPDX-License-Identifier: MIT
#include "debug/cli/places.hpp"

#include <charconv>

#include <fmt/format.h>

namespace arenite::cli {
namespace {

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

}  // namespace

bool parse_address(const std::string& text, Address& at) {
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  const char* begin = text.data() + (prefixed ? 2 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, at, 16);
  return error == std::errc{} && stop == end;
}

MappedPlace place_in_mappings(Address at, const ProcessFacts& facts) {
  const Mapping* before = nullptr;
  for (const Mapping& mapping : facts.mappings) {
    if (!holds(mapping, at)) {
      before = &mapping;
      continue;
    }
    MappedPlace place{&mapping, purpose(mapping, before, facts), ""};
    place.text =
        fmt::format("{}, offset {} from {:#x}", place.name, at - mapping.begin, mapping.begin);
    return place;
  }
  return {nullptr, "", "not mapped"};
}

}  // namespace arenite::cli
