// SPDX-License-Identifier: MIT
// `arenite blocks`: blocks one by one, those for which a condition holds.

#include <fmt/format.h>

#include "debug/census/block_rows.hpp"
#include "debug/census/expression.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/stack_names.hpp"
#include "debug/cli/units.hpp"
#include "debug/report/names.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  Format format = Format::text;
  std::string where;
  std::size_t limit = 100;
};

enum : std::size_t {
  kSize,
  kUsable,
  kClass,
  kArena,
  kPool,
  kIndex,
  kAddress,
  kSerial,
  kThread,
  kStack,
  kState,
  kFamily,
  kFunction,
  kFile,
  kModule,
};

const std::vector<Field>& fields() {
  static const std::vector<Field> kFields{
      {"size", false, "bytes asked for, or usable where that is not known"},
      {"usable", false, "bytes of the heap's block"},
      {"class", false, "number of the size class; of spans, the number of classes"},
      {"arena", false, "number of the arena"},
      {"pool", false, "number of the pool"},
      {"index", false, "in its pool"},
      {"address", false, "of its first byte"},
      {"serial", false, "of its allocation; 0 without the debug layer"},
      {"thread", false, "that allocated it, as the debug layer counts"},
      {"stack", false, "number of the stack that allocated it"},
      {"state", true, "of the block", "live free held uncarved quarantined"},
      {"family", true, "entry point: malloc, new_object, ..."},
      {"function", true, "of any frame of the stack"},
      {"file", true, "source file of any frame"},
      {"module", true, "of any frame"}};
  return kFields;
}

std::uint64_t number_of(const BlockRow& row, std::size_t field) {
  switch (field) {
    case kSize:
      return row.size;
    case kUsable:
      return row.usable;
    case kClass:
      return row.size_class;
    case kArena:
      return row.arena;
    case kPool:
      return row.pool;
    case kIndex:
      return row.index;
    case kAddress:
      return row.begin;
    case kSerial:
      return row.facts.serial;
    case kThread:
      return row.facts.allocated_by;
    default:
      return row.facts.allocated;
  }
}

class Blocks {
 public:
  Blocks(const Request& request, Expression where) : request_(request), where_(std::move(where)) {}

  void gather(const AnyView& view, const Examination& seen) {
    traces_ = traces_of(view, seen);
    if (traces_.there()) names_.take_modules(view, seen.facts);
    unclear_ = each_row(view, seen, traces_, false, [&](const BlockRow& row) { consider(row); });
    for (const BlockRow& row : rows_)
      if (row.traced) take_stack(row.facts.allocated);
    // They read through the view, which ends.
    traces_ = {};
  }

  const std::vector<BlockRow>& rows() const { return rows_; }
  std::uint64_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t unclear() const { return unclear_; }
  StackNames& names() { return names_; }

 private:
  void consider(const BlockRow& row) {
    const Expression::Values values{
        [&](std::size_t field) { return number_of(row, field); },
        [&](std::size_t field, const std::function<bool(std::string_view)>& test) {
          return any_text(row, field, test);
        }};
    if (!where_.holds(values)) return;
    ++count_;
    bytes_ += row.size;
    if (request_.limit == 0 || rows_.size() < request_.limit) rows_.push_back(row);
  }

  bool any_text(const BlockRow& row, std::size_t field,
                const std::function<bool(std::string_view)>& test) {
    if (field == kState) return test(kRowStateNames[static_cast<std::size_t>(row.state)]);
    if (!row.traced) return false;
    if (field == kFamily) return test(family_name(row.facts.family));
    take_stack(row.facts.allocated);
    for (const NamedFrame& frame : names_.of(row.facts.allocated))
      if (test(field == kFunction ? frame.function : field == kFile ? frame.file : frame.module))
        return true;
    return false;
  }

  void take_stack(StackId stack) {
    if (stack != 0) names_.take(stack, traces_);
  }

  const Request& request_;
  Expression where_;
  Traces traces_;
  StackNames names_;
  std::vector<BlockRow> rows_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t unclear_ = 0;
};

Json describe_row(const BlockRow& row, StackNames& names) {
  Json json{{"address", fmt::format("{:#x}", row.begin)},
            {"size", row.size},
            {"usable", row.usable},
            {"state", kRowStateNames[static_cast<std::size_t>(row.state)]}};
  if (!row.on_pages)
    json.update({{"class", row.size_class},
                 {"arena", row.arena},
                 {"pool", row.pool},
                 {"index", row.index}});
  if (row.traced)
    json.update({{"serial", row.facts.serial},
                 {"thread", row.facts.allocated_by},
                 {"family", family_name(row.facts.family)},
                 {"stack", describe(names.of(row.facts.allocated))}});
  return json;
}

/// Streamed: a row is a line, so that millions need no memory for the text.
void print_json(const Examination& seen, Blocks& blocks) {
  Json head = describe(seen.facts);
  head["count"] = blocks.count();
  head["bytes"] = blocks.bytes();
  head["unclear_pools"] = blocks.unclear();
  std::string text = dump(head);
  text.resize(text.rfind('\n'));
  fmt::print("{},\n  \"blocks\": [", text);
  const char* comma = "\n";
  for (const BlockRow& row : blocks.rows()) {
    fmt::print(
        "{}    {}", comma,
        describe_row(row, blocks.names()).dump(-1, ' ', false, Json::error_handler_t::replace));
    comma = ",\n";
  }
  fmt::print("\n  ]\n}}\n");
}

void print_text(Blocks& blocks) {
  fmt::print("{:>14}  {:>10}  {:>10}  {:>5}  {:>6}  {:>8}  {:<11}  {}\n", "address", "size",
             "usable", "class", "arena", "pool", "state", "allocated by");
  for (const BlockRow& row : blocks.rows()) {
    const std::string where =
        row.on_pages ? fmt::format("{:>23}", "on guard pages")
                     : fmt::format("{:>5}  {:>6}  {:>8}", row.size_class, row.arena, row.pool);
    fmt::print("{:>14x}  {:>10}  {:>10}  {}  {:<11}  {}\n", row.begin, row.size, row.usable, where,
               kRowStateNames[static_cast<std::size_t>(row.state)],
               row.traced ? fmt::format("#{} {}", row.facts.serial,
                                        blocks.names().culprit(row.facts.allocated))
                          : "");
  }
  if (blocks.count() > blocks.rows().size())
    fmt::print("and {} more; --limit 0 shows all\n", blocks.count() - blocks.rows().size());
  fmt::print("{} blocks, {}\n", blocks.count(), bytes_text(blocks.bytes()));
}

int run(const Request& request) {
  Expression where;
  try {
    if (!request.where.empty()) where = Expression(request.where, fields());
  } catch (const ExpressionError& error) {
    fmt::print(stderr, "{}\n", pointed_at(request.where, error));
    return kUsage;
  }
  Blocks blocks(request, std::move(where));
  Progress progress("reading blocks");
  const Examination seen = examine(
      request.source,
      [&](const AnyView& view, const Examination& now) { blocks.gather(view, now); },
      Standing::briefly, progress.told());
  progress.clear();
  if (request.format == Format::json)
    print_json(seen, blocks);
  else
    print_text(blocks);
  return end_of(seen);
}

std::string help_of_fields() {
  std::string text = "Fields:\n";
  for (const Field& field : fields())
    text += fmt::format("  {:<10} {}\n", field.name, field.meaning);
  return text +
         "Numbers compare by == != < <= > >= and may end in K, M, G; texts by == != and ~, which\n"
         "finds a pattern anywhere in the text: * is anything, ^ and $ are its ends. `and`, `or`,\n"
         "`not` and parentheses connect.\n\nExamples:\n"
         "  arenite blocks --pid 4711 --where 'size > 1M and state == live'\n"
         "  arenite blocks --pid 4711 --where 'module ~ libssl and not family == malloc'\n"
         "  arenite blocks --snapshot now.arn --where 'pool == 17' --limit 0\n";
}

}  // namespace

void add_blocks(CommandLine& line) {
  auto [sub, request] =
      line.add<Request>("blocks", "List blocks for which a condition holds", run, "");
  sub.footer(help_of_fields());
  add_source(sub, request.source);
  add_format(sub, request.format);
  sub.add_option("--where", request.where, "the condition; every block if not given");
  sub.add_option("--limit", request.limit, "blocks to print; 0: all. 100 if not given");
}

}  // namespace arenite::cli
