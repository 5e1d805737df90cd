// SPDX-License-Identifier: MIT
// `arenite refs` and `arenite path`: who points to an address, and how it is reached.
#include <memory>

#include <fmt/format.h>

#include "debug/census/references.hpp"
#include "debug/census/traces.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/places.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/units.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  Format format = Format::text;
  std::string address;
  std::size_t limit = 100;
};

bool address_of(const Request& request, Address& at) {
  if (parse_address(request.address, at)) return true;
  fmt::print(stderr, "arenite: {} is no address; give it in hexadecimal\n", request.address);
  return false;
}

std::string hex(Address at) {
  return fmt::format("{:#x}", at);
}

/// What a block is called: "the block of 64 bytes at 0x..."
std::string block_text(const LiveBlock& block) {
  return fmt::format("the block of {} bytes at {:#x}", block.end - block.begin, block.begin);
}

/// The block that the address lies in, or the word alone.
Region region_asked(const LiveBlocks& blocks, Address at) {
  const std::uint32_t block = blocks.find(at);
  return block == LiveBlocks::kNoBlock ? Region{at, at + 1}
                                       : Region{blocks[block].begin, blocks[block].end};
}

// ---- refs ----

struct Line {
  Reference reference;
  Region holder{0, 0};  ///< the block that holds it
};

struct References {
  Region target{0, 0};
  bool block = false;  ///< the target is one
  std::vector<Line> lines;
  std::uint64_t count = 0;
  std::uint64_t unreadable = 0;
};

References gather(const AnyView& view, const Examination& seen, const Request& request,
                  Address at) {
  seen.require_contents();
  const Traces traces = traces_of(view, seen);
  const HeapBlocks heaps(view, seen, traces);
  References found;
  found.target = region_asked(heaps.blocks(), at);
  found.block = heaps.blocks().find(at) != LiveBlocks::kNoBlock;
  Progress progress("reading blocks");
  const GraphAsked asked{request.source.pid, traces.tables,
                         [&](std::uint64_t done, std::uint64_t all) { progress.at(done, all); }};
  found.unreadable = find_references(view, seen.facts, heaps, asked, found.target,
                                     [&](const Reference& reference) {
                                       if (++found.count > request.limit && request.limit != 0)
                                         return;
                                       Line line{reference};
                                       if (reference.block != LiveBlocks::kNoBlock)
                                         line.holder = {heaps.blocks()[reference.block].begin,
                                                        heaps.blocks()[reference.block].end};
                                       found.lines.push_back(line);
                                     });
  return found;
}

std::string where_text(const Line& line, const ProcessFacts& facts) {
  const Reference& reference = line.reference;
  if (reference.at == 0)
    return fmt::format("register {} of thread {}", reference.reg, reference.thread);
  if (line.holder.begin != 0)
    return fmt::format("offset {} in the block of {} bytes at {:#x}",
                       reference.at - line.holder.begin, line.holder.end - line.holder.begin,
                       line.holder.begin);
  if (reference.ended_thread) return "the stack of a thread that has ended";
  return place_in_mappings(reference.at, facts).text;
}

int run_refs(const Request& request) {
  Address at = 0;
  if (!address_of(request, at)) return kUsage;
  References found;
  const Examination seen = examine(
      request.source,
      [&](const AnyView& view, const Examination& now) { found = gather(view, now, request, at); },
      Standing::throughout);
  if (request.format == Format::json) {
    Json json = describe(seen.facts);
    json["address"] = hex(at);
    json["target"] = {{"begin", hex(found.target.begin)},
                      {"bytes", found.target.end - found.target.begin},
                      {"block", found.block}};
    json["count"] = found.count;
    json["references"] = Json::array();
    for (const Line& line : found.lines) {
      Json one{{"to", hex(line.reference.to)}, {"where", where_text(line, seen.facts)}};
      if (line.reference.at != 0) one["at"] = hex(line.reference.at);
      if (line.reference.at == 0)
        one.update({{"register", line.reference.reg}, {"thread", line.reference.thread}});
      if (line.holder.begin != 0) one["block"] = hex(line.holder.begin);
      json["references"].push_back(std::move(one));
    }
    json["unreadable_bytes"] = found.unreadable;
    fmt::print("{}\n", dump(json));
  } else {
    fmt::print("{} reference{} to {}\n", found.count, found.count == 1 ? "" : "s",
               found.block ? fmt::format("the block of {} bytes at {:#x}",
                                         found.target.end - found.target.begin, found.target.begin)
                           : hex(at));
    for (const Line& line : found.lines)
      fmt::print("  {}: {}{}\n", line.reference.at == 0 ? "register" : hex(line.reference.at),
                 where_text(line, seen.facts),
                 line.reference.to == found.target.begin
                     ? ""
                     : fmt::format(", to offset {}", line.reference.to - found.target.begin));
    if (found.count > found.lines.size())
      fmt::print("and {} more; --limit 0 shows all\n", found.count - found.lines.size());
  }
  const int code = end_of(seen);
  if (code == kCannotTell || found.unreadable == 0) return code;
  fmt::print(stderr, "arenite: cannot tell: {} of memory could not be read\n",
             bytes_text(found.unreadable));
  return kCannotTell;
}

// ---- path ----

/// A link of the chain: a block, and where it holds the pointer to the next one.
struct Link {
  LiveBlock block{};
  std::uint64_t offset = 0;
  bool last = true;
};

struct Path {
  bool block = false;  ///< the address lies in a live one
  bool found = false;
  RootEdge root;
  std::vector<Link> links;
  std::uint64_t unreadable = 0;
};

/// Where in the block the first pointer into the next one lies.
std::uint64_t offset_of(const AnyView& view, const LiveBlock& from, const LiveBlock& to) {
  MemoryPieces pieces;
  std::uint64_t offset = 0;
  bool found = false;
  pieces.read(view, from.begin, from.end,
              [&](Address at, const unsigned char* bytes, std::size_t count) {
                for (std::size_t i = (0 - at) % 8; !found && i + 8 <= count; i += 8) {
                  Address word;
                  std::memcpy(&word, bytes + i, sizeof word);
                  if (word - to.begin >= to.end - to.begin) continue;
                  offset = at + i - from.begin;
                  found = true;
                }
              });
  return offset;
}

Path trace(const AnyView& view, const Examination& seen, const Request& request, Address at) {
  seen.require_contents();
  const Traces traces = traces_of(view, seen);
  const HeapBlocks heaps(view, seen, traces);
  Path path;
  const std::uint32_t block = heaps.blocks().find(at);
  if (block == LiveBlocks::kNoBlock) return path;
  path.block = true;
  PointerGraph graph(view, heaps);
  Progress progress("reading blocks");
  graph.build(seen.facts, {request.source.pid, traces.tables,
                           [&](std::uint64_t done, std::uint64_t all) { progress.at(done, all); }});
  path.unreadable = graph.unreadable_in_blocks() + graph.unreadable_roots();
  const Chain chain = chain_to(graph, block);
  path.found = chain.found;
  path.root = chain.root;
  for (std::size_t i = 0; i < chain.blocks.size(); ++i) {
    Link link{heaps.blocks()[chain.blocks[i]]};
    link.last = i + 1 == chain.blocks.size();
    if (!link.last) link.offset = offset_of(view, link.block, heaps.blocks()[chain.blocks[i + 1]]);
    path.links.push_back(link);
  }
  return path;
}

std::string root_text(const RootEdge& root, const ProcessFacts& facts) {
  if (root.own_heap)
    return fmt::format("{:#x}: a heap of the program's own, with its blocks", root.at);
  if (root.at == 0) return fmt::format("a register of thread {}", root.thread);
  if (root.ended_thread) return fmt::format("{:#x}: the stack of a thread that has ended", root.at);
  return fmt::format("{:#x}: {}", root.at, place_in_mappings(root.at, facts).text);
}

void print_path(const Path& path, const ProcessFacts& facts, Address at) {
  if (!path.found) {
    fmt::print("nothing leads to {:#x}; arenite leaks says in which way it is lost\n", at);
    return;
  }
  fmt::print("{}\n", root_text(path.root, facts));
  for (const Link& link : path.links)
    fmt::print("  -> {}{}\n", block_text(link.block),
               link.last ? "" : fmt::format(", at offset {}", link.offset));
}

int run_path(const Request& request) {
  Address at = 0;
  if (!address_of(request, at)) return kUsage;
  Path path;
  const Examination seen = examine(
      request.source,
      [&](const AnyView& view, const Examination& now) { path = trace(view, now, request, at); },
      Standing::throughout);
  if (!path.block) {
    fmt::print(stderr, "arenite: {:#x} lies in no live block; arenite whatis says what is there\n",
               at);
    return kCannotTell;
  }
  if (request.format == Format::json) {
    Json json = describe(seen.facts);
    json["address"] = hex(at);
    json["reached"] = path.found;
    if (path.found) {
      json["root"] = {{"where", root_text(path.root, seen.facts)}};
      if (path.root.at != 0) json["root"]["at"] = hex(path.root.at);
    }
    json["blocks"] = Json::array();
    for (const Link& link : path.links) {
      Json one{{"begin", hex(link.block.begin)}, {"bytes", link.block.end - link.block.begin}};
      if (!link.last) one["offset"] = link.offset;
      json["blocks"].push_back(std::move(one));
    }
    fmt::print("{}\n", dump(json));
  } else {
    print_path(path, seen.facts, at);
  }
  const int code = end_of(seen);
  if (code == kCannotTell) return code;
  if (!path.found && path.unreadable > 0) {
    fmt::print(stderr, "arenite: cannot tell: {} of memory could not be read\n",
               bytes_text(path.unreadable));
    return kCannotTell;
  }
  return path.found ? code : kFindings;
}

void add_words(CommandLine::Added<Request>& added) {
  added.sub.add_option("address", added.request.address, "in hexadecimal").required();
  add_source(added.sub, added.request.source);
  add_format(added.sub, added.request.format);
}

}  // namespace

void add_refs(CommandLine& line) {
  auto added = line.add<Request>("refs", "Say who points to an address, or to the block it lies in",
                                 run_refs, "  arenite refs 0x7f3b2c010040 --pid 4711\n");
  add_words(added);
  added.sub.add_option("--limit", added.request.limit,
                       "how many to print; 0: all. 100 if not given");
}

void add_path(CommandLine& line) {
  auto added = line.add<Request>("path", "Say how a block is reached: from a root, block by block",
                                 run_path, "  arenite path 0x7f3b2c010040 --core core.4711\n");
  add_words(added);
}

}  // namespace arenite::cli
