// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/target/exit_code.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite::cli {
namespace {

template <class G>
int print_classes(Format format) {
  using Classes = SizeClasses<G>;
  Json json{{"geometry", G::kName},          {"pool_bytes", G::kPoolBytes},
            {"arena_bytes", kArenaBytes<G>}, {"pools_per_arena", kArenaPools},
            {"alignment", G::kAlignment},    {"classes", Json::array()}};
  if (format == Format::text)
    fmt::print(
        "geometry {}: pools of {} bytes, {} to an arena of {} bytes; blocks at multiples of {}; "
        "above "
        "{} bytes, spans of pools\n\n{:>5}  {:>13}  {:>7}  {:>7}  {:>10}  {:>9}\n",
        G::kName, G::kPoolBytes, kArenaPools, kArenaBytes<G>, G::kAlignment, Classes::kSmallLimit,
        "class", "request", "block", "blocks", "pool tail", "rounding");
  std::size_t from = 1;
  for (std::size_t i = 0; i < Classes::kCount; ++i) {
    const ClassFacts& facts = Classes::kFacts[i];
    const std::size_t tail = G::kPoolBytes - std::size_t{facts.capacity} * facts.block_bytes;
    // Of the block, for the smallest request that gets it.
    const double rounding =
        100.0 * static_cast<double>(facts.block_bytes - from) / facts.block_bytes;
    if (format == Format::text)
      fmt::print("{:>5}  {:>13}  {:>7}  {:>7}  {:>10}  {:>7.1f} %\n", i,
                 fmt::format("{}-{}", from, facts.block_bytes), facts.block_bytes, facts.capacity,
                 tail, rounding);
    json["classes"].push_back({{"class", i},
                               {"from", from},
                               {"to", facts.block_bytes},
                               {"block_bytes", facts.block_bytes},
                               {"capacity", facts.capacity},
                               {"tail_bytes", tail},
                               {"rounding_percent", rounding}});
    from = facts.block_bytes + 1;
  }
  if (format == Format::json) fmt::print("{}\n", dump(json));
  return kClean;
}

struct Request {
  Format format = Format::text;
  std::string geometry = Production::kName;
};

int run(const Request& request) {
  const std::string& geometry = request.geometry;
  const Format format = request.format;
  if (geometry == Production::kName) return print_classes<Production>(format);
  if (geometry == Classic::kName) return print_classes<Classic>(format);
  if (geometry == Tiny::kName) return print_classes<Tiny>(format);
  fmt::print(stderr, "arenite: there is no geometry {}\n", geometry);
  return kUsage;
}

}  // namespace

void add_classes(CommandLine& line) {
  auto [sub, request] = line.add<Request>("classes", "Print the size classes of a geometry", run,
                                          "  arenite classes\n"
                                          "  arenite classes --geometry classic\n");
  sub.add_option("--geometry", request.geometry, "which; production if not given")
      .one_of({"production", "classic", "tiny"});
  add_format(sub, request.format);
}

}  // namespace arenite::cli
