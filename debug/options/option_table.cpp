// SPDX-License-Identifier: MIT
#include "debug/options/option_table.hpp"

#include <type_traits>

namespace arenite {
namespace {

using Words = std::span<const std::string_view>;

// In the order of the enumerations.
constexpr std::string_view kModes[] = {"fast", "sample", "debug", "page"};
constexpr std::string_view kSides[] = {"right", "left", "random"};
constexpr std::string_view kFills[] = {"none", "fresh", "freed", "both"};
constexpr std::string_view kOnError[] = {"abort", "continue", "exit", "stop"};
constexpr std::string_view kFormats[] = {"text", "json"};

constexpr OptionRow flag(std::string_view name, bool Options::* member, std::string_view meaning) {
  OptionRow row{.name = name, .kind = OptionKind::flag, .form = "on|off", .meaning = meaning};
  row.flag = member;
  return row;
}

constexpr OptionRow number(std::string_view name, std::uint64_t Options::* member,
                           std::string_view meaning, std::uint64_t least = 0,
                           std::uint64_t most = ~std::uint64_t{0},
                           OptionKind kind = OptionKind::number) {
  OptionRow row{.name = name, .kind = kind, .form = "N", .meaning = meaning};
  row.least = least;
  row.most = most;
  row.number = member;
  return row;
}

constexpr OptionRow text(std::string_view name, char (Options::*member)[Options::kTextBytes],
                         std::string_view form, std::string_view meaning) {
  OptionRow row{.name = name, .kind = OptionKind::text, .form = form, .meaning = meaning};
  row.text = member;
  return row;
}

template <auto Member>
constexpr OptionRow choice(std::string_view name, Words words, std::string_view meaning) {
  OptionRow row{.name = name, .kind = OptionKind::choice, .form = {}, .meaning = meaning};
  row.words = words;
  row.chosen = [](const Options& options) { return static_cast<unsigned>(options.*Member); };
  row.choose = [](Options& options, unsigned word) {
    options.*Member = static_cast<std::remove_reference_t<decltype(options.*Member)>>(word);
  };
  return row;
}

constexpr OptionRow on_error() {
  OptionRow row = choice<&Options::on_error>("on_error", kOnError,
                                             "what follows a report; stop: in a debugger");
  row.kind = OptionKind::on_error;
  row.form = "abort|continue|exit=N|stop";
  row.number = &Options::exit_code;
  row.most = 255;
  return row;
}

constexpr OptionRow guard_bytes() {
  OptionRow row = number("guard_bytes", &Options::guard_bytes,
                         "guard bytes on each side of a block, rounded up to a multiple of 16", 1,
                         Options::kMaxGuardBytes, OptionKind::bytes);
  row.multiple = 16;
  return row;
}

constexpr OptionRow sizes() {
  OptionRow row{.name = "size",
                .kind = OptionKind::sizes,
                .form = "MIN-MAX",
                .meaning = "only requests of these sizes are guarded, or made to fail"};
  return row;
}

constexpr OptionRow fail_rate() {
  OptionRow row{.name = "fail_rate",
                .kind = OptionKind::part,
                .form = "P",
                .meaning = "this part of the allocations fails, drawn by seed"};
  row.part = &Options::fail_rate;
  return row;
}

constexpr std::uint64_t kMost32 = 4294967295;

constexpr OptionRow kTable[] = {
    choice<&Options::mode>("mode", kModes, "which allocations are guarded, and how"),
    number("sample_rate", &Options::sample_rate,
           "mode=sample: one allocation in N is guarded, on average", 1, kMost32),
    number("quarantine_mb", &Options::quarantine_mb,
           "MiB of freed blocks, with their records, kept from reuse", 0, Options::kMaxQuarantineMb,
           OptionKind::capped),
    guard_bytes(),
    flag("keyed_guards", &Options::keyed_guards,
         "guard bytes differ with place and seed, not 0xFD throughout"),
    choice<&Options::fill>("fill", kFills, "which blocks are filled with a pattern"),
    number("stack_depth", &Options::stack_depth, "frames kept of each stack; 0: no stacks", 0,
           Options::kMaxStackDepth),
    number("align", &Options::align, "mode=page: least alignment of blocks; 1 shows every byte", 1,
           16, OptionKind::power_of_two),
    choice<&Options::side>("side", kSides, "mode=page: where a block's guard page lies"),
    number("seed", &Options::seed, "of whatever is drawn; 0: another one in each process"),
    sizes(),
    text("module", &Options::module, "GLOB",
         "only requests from modules (paths) like this are guarded, or made to fail"),
    number("from_serial", &Options::from_serial, "guard from this allocation on"),
    number("break_serial", &Options::break_serial,
           "stop in a debugger (SIGTRAP) at this allocation; 0: never"),
    number("check_every", &Options::check_every,
           "check the whole heap every N operations; 0: never"),
    number("check_signal", &Options::check_signal,
           "check the whole heap when this signal comes; 0: none", 0, 64),
    flag("check_exit", &Options::check_exit, "check the whole heap at exit"),
    flag("ranges", &Options::ranges, "check the ranges given to the C library's functions"),
    flag("leaks", &Options::leaks, "report leaks at exit"),
    number("leak_exit_code", &Options::leak_exit_code, "exit status if there are leaks", 0, 255),
    text("suppressions", &Options::suppressions, "PATH",
         "leaks not to be reported, in LeakSanitizer's format"),
    on_error(),
    text("log_path", &Options::log_path, "PATH",
         "file for reports; %p is the process id; none: stderr"),
    choice<&Options::format>("format", kFormats, "of reports"),
    flag("symbolize", &Options::symbolize, "put names and lines to the frames of reports"),
    text("symbolizer", &Options::symbolizer, "PATH",
         "the arenite program; none: the one beside the library"),
    number("fail_at", &Options::fail_at, "the N-th allocation fails; 0: none"),
    number("fail_every", &Options::fail_every, "every N-th allocation fails; 0: none"),
    fail_rate(),
    text("fail_record", &Options::fail_record, "PATH",
         "file that gets a line for each allocation made to fail"),
    flag("help", &Options::help, "show this, and go on"),
};

}  // namespace

std::span<const OptionRow> option_table() {
  return kTable;
}

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& row : kTable)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace arenite
