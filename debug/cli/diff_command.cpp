// SPDX-License-Identifier: MIT
// `arenite diff`: what became of a heap between two looks at it.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "debug/census/expression.hpp"
#include "debug/census/growing_counters.hpp"
#include "debug/census/heap_census.hpp"
#include "debug/census/leak_kinds.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/severity.hpp"
#include "debug/cli/site_table.hpp"
#include "debug/cli/style.hpp"
#include "debug/cli/units.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  std::string before, after;
  Format format = Format::text;
  std::string fail_on;
  std::size_t limit = 10;
};

enum : std::size_t { kLive, kRequested, kBlocks, kKept, kMapped, kArenas, kPools, kAdded, kLeaked };

const std::vector<Field>& fields() {
  static const std::vector<Field> kFields{
      {"live", false, "bytes of live blocks"},
      {"requested", false, "bytes asked for"},
      {"blocks", false, "live blocks"},
      {"kept", false, "bytes of pools in use and of guarded pages that are in no live block"},
      {"mapped", false, "bytes mapped"},
      {"arenas", false, "arenas"},
      {"pools", false, "pools in use"},
      {"added", false, "bytes of blocks that were not there before"},
      {"leaked", false, "bytes of lost blocks (K1, K3, K4); needs the blocks' contents"}};
  return kFields;
}

/// A process number, a core file or a snapshot file, told by its first bytes.
Source source_of(const std::string& word) {
  Source source;
  const bool number =
      !word.empty() && word.size() < 9 &&
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
  if (number && !std::filesystem::exists(word)) {
    source.pid = static_cast<pid_t>(std::stol(word));
    return source;
  }
  std::ifstream file(word, std::ios::binary);
  std::array<char, 4> begin{};
  file.read(begin.data(), begin.size());
  const bool elf = std::string_view(begin.data(), begin.size()) == "\177ELF";
  (elf ? source.core : source.snapshot) = word;
  return source;
}

/// One of the two looks, with sites by what they are called.
struct Look {
  Examination seen;
  HeapCensus census;
  GrowingCounters counters;
  std::vector<HeapSites> heaps;
  StackNames names;
  bool traced = false;
  std::uint64_t leaked = 0;
  std::uint64_t unreadable = 0;
  bool unclear = false;  ///< not all blocks are known
};

void count_leaks(const AnyView& view, const Examination& seen, const Traces& traces, pid_t live,
                 Look& look) {
  seen.require_contents();
  const HeapBlocks heaps(view, seen, traces);
  PointerGraph graph(view, heaps);
  graph.build(seen.facts, {live, traces.tables, {}});
  look.unreadable = graph.unreadable_in_blocks() + graph.unreadable_roots();
  look.unclear = heaps.blocks().incomplete() || heaps.unclear_pools() > 0;
  const LeakKinds kinds(graph);
  for (std::uint32_t block = 0; block < heaps.blocks().count(); ++block) {
    LeakKind kind;
    bool hanging;
    if (kinds.kind(block, kind, hanging) && kind != LeakKind::k2)
      look.leaked += heaps.blocks().size(block);
  }
}

void take_look(const std::string& word, bool leaks, Look& look) {
  const Source source = source_of(word);
  Progress progress("reading " + word);
  look.seen = examine(
      source,
      [&](const AnyView& view, const Examination& now) {
        const Traces traces = traces_of(view, now);
        look.traced = traces.there();
        look.census = take_census(view, now, traces, true);
        look.counters = growing_counters(view, now);
        look.heaps = count_all_sites(view, now, look.names);
        if (leaks) count_leaks(view, now, traces, source.pid, look);
      },
      leaks ? Standing::throughout : Standing::briefly, progress.told());
}

/// Of a site or a class.
struct SiteChange {
  std::string label;
  std::int64_t bytes = 0;
  std::int64_t blocks = 0;
  std::int64_t kept = 0;
};

std::int64_t change(std::uint64_t before, std::uint64_t after) {
  return static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before);
}

void add_sites(Look& look, std::int64_t sign, std::map<std::string, SiteChange>& changes) {
  for (const HeapSites& heap : look.heaps)
    for (const SiteCount& site : heap.sites) {
      SiteChange& one = changes[label_of(site.site, heap, look.names)];
      one.bytes += sign * static_cast<std::int64_t>(site.bytes);
      one.blocks += sign * static_cast<std::int64_t>(site.blocks);
      one.kept += sign * static_cast<std::int64_t>(site.kept());
    }
}

void add_classes(const HeapCensus& census, std::int64_t sign,
                 std::map<std::string, SiteChange>& changes) {
  const auto add = [&](const std::string& label, const ClassCensus& of) {
    SiteChange& one = changes[label];
    one.bytes += sign * static_cast<std::int64_t>(of.bytes);
    one.blocks += sign * static_cast<std::int64_t>(of.blocks);
    one.kept += sign * static_cast<std::int64_t>(of.kept);
  };
  for (std::size_t i = 0; i < census.classes.size(); ++i)
    add(i + 1 == census.classes.size()
            ? "spans"
            : fmt::format("class {}: {} bytes", i, census.classes[i].block_bytes),
        census.classes[i]);
  add("guard pages", census.on_pages);
}

/// Those that changed, by how much live and kept bytes moved.
std::vector<SiteChange> changed(std::map<std::string, SiteChange> changes) {
  std::vector<SiteChange> list;
  for (auto& [label, one] : changes)
    if (one.bytes != 0 || one.blocks != 0 || one.kept != 0) {
      one.label = label;
      list.push_back(one);
    }
  const auto weight = [](const SiteChange& one) {
    return std::abs(one.bytes) + std::abs(one.kept);
  };
  std::ranges::sort(list, std::less(), [&](const SiteChange& one) {
    return std::pair(-weight(one), std::string_view(one.label));
  });
  return list;
}

std::vector<SiteChange> site_changes(Look& before, Look& after) {
  std::map<std::string, SiteChange> changes;
  add_sites(before, -1, changes);
  add_sites(after, 1, changes);
  return changed(std::move(changes));
}

std::vector<SiteChange> class_changes(const HeapCensus& before, const HeapCensus& after) {
  std::map<std::string, SiteChange> changes;
  add_classes(before, -1, changes);
  add_classes(after, 1, changes);
  return changed(std::move(changes));
}

std::string signed_bytes(std::int64_t bytes) {
  return (bytes < 0 ? "-" : "+") + bytes_text(static_cast<std::uint64_t>(std::abs(bytes)));
}

struct Row {
  const char* name;
  std::uint64_t before, after;
  bool bytes;
};

std::vector<Row> rows_of(const HeapCensus& a, const HeapCensus& b) {
  return {{"live", a.live_bytes, b.live_bytes, true},
          {"requested", a.requested_bytes, b.requested_bytes, true},
          {"blocks", a.live_blocks, b.live_blocks, false},
          {"kept", a.kept_bytes, b.kept_bytes, true},
          {"dirty", a.dirty_bytes, b.dirty_bytes, true},
          {"mapped", a.mapped_bytes, b.mapped_bytes, true},
          {"arenas", a.arenas, b.arenas, false},
          {"arenas_empty", a.arenas_empty, b.arenas_empty, false},
          {"pools", a.pools_used, b.pools_used, false}};
}

struct ArenaChanges {
  std::uint64_t fuller = 0, emptier = 0, same = 0;
};

ArenaChanges arena_changes(const HeapCensus& a, const HeapCensus& b) {
  ArenaChanges changes;
  const auto at = [](const std::vector<std::uint64_t>& live, std::size_t i) {
    return i < live.size() ? live[i] : 0;
  };
  const auto of = [](const HeapCensus& census, std::size_t heap) {
    return heap < census.arena_live.size() ? census.arena_live[heap] : std::vector<std::uint64_t>{};
  };
  const std::size_t heaps = std::max(a.arena_live.size(), b.arena_live.size());
  for (std::size_t heap = 0; heap < heaps; ++heap) {
    const std::vector<std::uint64_t> old = of(a, heap), now = of(b, heap);
    for (std::size_t i = 0; i < std::max(old.size(), now.size()); ++i) {
      const std::uint64_t before = at(old, i), after = at(now, i);
      ++(after > before ? changes.fuller : after < before ? changes.emptier : changes.same);
    }
  }
  return changes;
}

class Difference {
 public:
  Difference(const Request& request, Look& before, Look& after, bool leaks)
      : request_(request),
        before_(before),
        after_(after),
        leaks_(leaks),
        blocks_(block_changes(before.census, after.census)),
        sites_(site_changes(before, after)),
        classes_(class_changes(before.census, after.census)),
        arenas_(arena_changes(before.census, after.census)),
        counters_(counter_changes(before.counters, after.counters)) {}

  /// S3 is broken.
  bool shrunk() const { return !counters_.shrunk.empty(); }

  void print_text() const {
    const Style style(STDOUT_FILENO);
    fmt::print("A: {} ({})\nB: {} ({})\n\n", request_.before, before_.seen.facts.command,
               request_.after, after_.seen.facts.command);
    fmt::print("{}\n",
               style.strong(fmt::format("{:<14}{:>12}{:>12}{:>14}", "", "A", "B", "change")));
    for (const Row& row : rows_of(before_.census, after_.census)) print_row(row);
    if (leaks_) print_row({"leaked", before_.leaked, after_.leaked, true});
    fmt::print("\nblocks: {} in both, {} added ({}), {} gone ({})\n", blocks_.in_both,
               blocks_.added, bytes_text(blocks_.added_bytes), blocks_.gone,
               bytes_text(blocks_.gone_bytes));
    fmt::print("arenas: {} fuller, {} emptier, {} as they were\n", arenas_.fuller, arenas_.emptier,
               arenas_.same);
    print_changes("class", classes_, style);
    print_counters(style);
    // Without the debug layer sites are the classes.
    if (before_.traced || after_.traced) print_changes("site", sites_, style);
  }

  Json json() const {
    Json json{{"before", describe(before_.seen.facts)}, {"after", describe(after_.seen.facts)}};
    Json totals = Json::object();
    for (const Row& row : rows_of(before_.census, after_.census)) totals[row.name] = totals_of(row);
    if (leaks_) totals["leaked"] = totals_of({"leaked", before_.leaked, after_.leaked, true});
    json["totals"] = std::move(totals);
    json["blocks"] = {{"in_both", blocks_.in_both}, {"in_both_bytes", blocks_.in_both_bytes},
                      {"added", blocks_.added},     {"added_bytes", blocks_.added_bytes},
                      {"gone", blocks_.gone},       {"gone_bytes", blocks_.gone_bytes}};
    json["arenas"] = {
        {"fuller", arenas_.fuller}, {"emptier", arenas_.emptier}, {"same", arenas_.same}};
    json["counters"] = describe_counters();
    json["classes"] = describe_changes(classes_);
    json["sites"] = describe_changes(sites_);
    return json;
  }

  /// By how much a total grew; 0 if it shrank.
  std::uint64_t growth(std::size_t field) const {
    if (field == kAdded) return blocks_.added_bytes;
    const auto grown = [](std::uint64_t a, std::uint64_t b) { return b > a ? b - a : 0; };
    if (field == kLeaked) return grown(before_.leaked, after_.leaked);
    for (const Row& row : rows_of(before_.census, after_.census))
      if (fields()[field].name == row.name) return grown(row.before, row.after);
    return 0;
  }

 private:
  void print_changes(const char* what, const std::vector<SiteChange>& list,
                     const Style& style) const {
    if (list.empty()) return;
    fmt::print("\n{}\n",
               style.strong(fmt::format("{:>12}{:>12}{:>12}  {}", "live", "kept", "blocks", what)));
    std::size_t shown = 0;
    for (const SiteChange& one : list) {
      if (request_.limit != 0 && shown == request_.limit) break;
      ++shown;
      fmt::print("{:>12}{:>12}{:>+12}  {}\n", signed_bytes(one.bytes), signed_bytes(one.kept),
                 one.blocks, one.label);
    }
    if (shown < list.size()) fmt::print("and {} more; --limit 0 shows all\n", list.size() - shown);
  }
  static Json describe_changes(const std::vector<SiteChange>& list) {
    Json json = Json::array();
    for (const SiteChange& one : list)
      json.push_back({{"label", one.label},
                      {"live_bytes", one.bytes},
                      {"kept_bytes", one.kept},
                      {"blocks", one.blocks}});
    return json;
  }
  /// Nothing if all is well, as an audit.
  void print_counters(const Style& style) const {
    for (const ShrunkCounter& one : counters_.shrunk)
      fmt::print("{} heap at {:#x}: {} fell from {} to {}\n",
                 style.bad(fmt::format("S3 {}", name_of(severity_of("S3")))), one.heap, one.name,
                 one.before, one.after);
  }
  Json describe_counters() const {
    Json shrunk = Json::array();
    for (const ShrunkCounter& one : counters_.shrunk)
      shrunk.push_back({{"id", "S3"},
                        {"heap", fmt::format("{:#x}", one.heap)},
                        {"name", one.name},
                        {"before", one.before},
                        {"after", one.after}});
    return {{"compared", counters_.compared}, {"shrunk", std::move(shrunk)}};
  }
  static void print_row(const Row& row) {
    if (row.bytes)
      fmt::print("{:<14}{:>12}{:>12}{:>14}\n", row.name, bytes_text(row.before),
                 bytes_text(row.after), signed_bytes(change(row.before, row.after)));
    else
      fmt::print("{:<14}{:>12}{:>12}{:>+14}\n", row.name, row.before, row.after,
                 change(row.before, row.after));
  }
  static Json totals_of(const Row& row) {
    return {
        {"before", row.before}, {"after", row.after}, {"change", change(row.before, row.after)}};
  }

  const Request& request_;
  Look& before_;
  Look& after_;
  bool leaks_;
  BlockChanges blocks_;
  std::vector<SiteChange> sites_;
  std::vector<SiteChange> classes_;
  ArenaChanges arenas_;
  CounterChanges counters_;
};

int run(const Request& request) {
  Expression fail_on;
  try {
    if (!request.fail_on.empty()) fail_on = Expression(request.fail_on, fields());
  } catch (const ExpressionError& error) {
    fmt::print(stderr, "{}\n", pointed_at(request.fail_on, error));
    return kUsage;
  }
  const bool leaks = fail_on.mentions(kLeaked);
  Look before, after;
  take_look(request.before, leaks, before);
  take_look(request.after, leaks, after);
  const Difference difference(request, before, after, leaks);
  const bool failed = !fail_on.empty() &&
                      fail_on.holds({[&](std::size_t field) { return difference.growth(field); },
                                     [](const auto&...) { return false; }});
  std::string reason;
  bool undecided =
      before.seen.exit_code(reason) == kCannotTell || after.seen.exit_code(reason) == kCannotTell;
  if (!undecided && before.unreadable + after.unreadable > 0) {
    undecided = true;
    reason = fmt::format("{} of memory could not be read, so leaks cannot be told",
                         bytes_text(before.unreadable + after.unreadable));
  }
  if (!undecided && (before.unclear || after.unclear)) {
    undecided = true;
    reason = "some blocks overlap or make no sense, so leaks cannot be told";
  }
  const int code = undecided ? kCannotTell : failed || difference.shrunk() ? kFindings : kClean;
  if (request.format == Format::json) {
    Json json = difference.json();
    json["failed"] = failed;
    json["exit"] = code;
    fmt::print("{}\n", dump(json));
  } else {
    difference.print_text();
  }
  std::fflush(stdout);
  if (failed) fmt::print(stderr, "arenite: {}\n", request.fail_on);
  if (undecided) fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  return code;
}

}  // namespace

void add_diff(CommandLine& line) {
  auto [sub, request] = line.add<Request>("diff", "Compare two looks at a heap", run, "");
  std::string footer =
      "A and B are snapshot files, core files or process numbers.\n"
      "--fail-on takes by how much B has more than A:\n";
  for (const Field& field : fields())
    footer += fmt::format("  {:<10} {}\n", field.name, field.meaning);
  footer +=
      "Of two looks at one process, S3 is checked, too: counters that only grow do not shrink.\n"
      "Examples:\n"
      "  arenite diff before.arn after.arn\n"
      "  arenite diff before.arn 4711 --fail-on 'leaked > 1M or live > 100M'\n";
  sub.footer(footer);
  sub.add_option("A", request.before, "the earlier look").required();
  sub.add_option("B", request.after, "the later one").required();
  add_format(sub, request.format);
  sub.add_option("--fail-on", request.fail_on, "end with 1 if this holds of what B has more");
  sub.add_option("--limit", request.limit, "sites to print as text; 0: all. 10 if not given");
}

}  // namespace arenite::cli
