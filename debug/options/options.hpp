// SPDX-License-Identifier: MIT
// What ARENITE_OPTIONS says: keys and values, KEY=VALUE joined by ':'. The struct is the single
// list of what can be chosen; options.cpp reads it, `help=1` and `arenite run` print and build it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arenite {

enum class Mode : std::uint8_t { fast, sample, debug, page };
/// Where the guard page of the page-guard heap lies.
enum class Side : std::uint8_t { right, left, random };
enum class OnError : std::uint8_t { abort, go_on, exit, stop };
enum class ReportFormat : std::uint8_t { text, json };
/// What new and freed blocks are filled with.
enum class Fill : std::uint8_t { none, fresh, freed, both };

struct Options {
  static constexpr std::size_t kTextBytes = 256;

  Mode mode = Mode::fast;
  std::uint64_t sample_rate = 5000;  ///< one allocation in this many
  std::uint64_t quarantine_mb = 32;  ///< MiB; capped at kMaxQuarantineMb, and the cap announced
  std::uint64_t guard_bytes = 16;    ///< on each side; rounded up to a multiple of 16
  bool keyed_guards = false;         ///< guard bytes depend on where they lie, and on the seed
  Fill fill = Fill::both;
  std::uint64_t stack_depth = 16;  ///< frames kept of each stack; 0 keeps none
  std::uint64_t align = 16;        ///< least alignment of blocks in page mode: 1 to 16
  Side side = Side::right;
  std::uint64_t seed = 0;      ///< 0: by clock and process id, and named in reports
  std::uint64_t size_min = 0;  ///< size=MIN-MAX: only requests of these sizes are guarded
  std::uint64_t size_max = ~std::uint64_t{0};
  char module[kTextBytes] = {};    ///< glob over the path of the calling module; empty: all
  std::uint64_t from_serial = 0;   ///< guard from this allocation on
  std::uint64_t break_serial = 0;  ///< stop in a debugger (SIGTRAP) at this allocation; 0: never
  std::uint64_t check_every = 0;   ///< check the whole heap every N operations; 0: never
  std::uint64_t check_signal = 0;  ///< check the whole heap on this signal; 0: none
  bool check_exit = true;          ///< check the whole heap at exit
  bool ranges = true;              ///< check the ranges given to libc's functions
  bool leaks = false;              ///< leak report at exit
  std::uint64_t leak_exit_code = 23;
  char suppressions[kTextBytes] = {};  ///< a file in LeakSanitizer's format
  OnError on_error = OnError::abort;
  std::uint64_t exit_code = 1;     ///< of on_error=exit=N
  char log_path[kTextBytes] = {};  ///< %p stands for the process id; empty: stderr
  ReportFormat format = ReportFormat::text;
  bool symbolize = true;             ///< let `arenite symbolize` put names to the frames of reports
  char symbolizer[kTextBytes] = {};  ///< the `arenite` program; empty: found beside the library
  std::uint64_t fail_at = 0;         ///< the N-th allocation fails; 0: none
  std::uint64_t fail_every = 0;      ///< each N-th allocation fails; 0: none
  double fail_rate = 0;              ///< this part of allocations fails, by seed; nine decimals
  char fail_record[kTextBytes] = {};  ///< file that gets a line for each allocation made to fail
  bool help = false;

  static constexpr std::uint64_t kMaxQuarantineMb = 16384;
  static constexpr std::uint64_t kMaxStackDepth = 64;
  static constexpr std::uint64_t kMaxGuardBytes = 65536;

  bool fails() const { return fail_at != 0 || fail_every != 0 || fail_rate > 0; }
  /// Nothing is asked for: the library is the plain allocator.
  bool nothing() const { return mode == Mode::fast && !fails(); }
};

/// Takes the complaints of `read_options`, a line each without newline, valid during the call.
using OptionComplaint = void (*)(void* context, const char* line);

/// Reads `text` into `options`, over what they hold already; of a key that comes twice the last one
/// counts. In paths and globs `\:` stands for ':' and `\\` for '\'. Unknown keys and malformed
/// values are told to `complain`, with the nearest known word, and passed over; after
/// kMaxComplaints only their number is told. Never allocates, never fails, whatever the text; safe
/// before main and in signal handlers. `complain` may be null.
inline constexpr unsigned kMaxComplaints = 16;
void read_options(std::string_view text, Options& options, OptionComplaint complain, void* context);

/// Writes what `help=1` shows, a line for each key with its meaning and default, through `line`.
void print_option_help(OptionComplaint line, void* context);

/// The options that differ from the defaults, as text that `read_options` reads back to the same;
/// what a report names to run the program again. Returns its length; what does not fit whole is
/// left out from there on; ends in \0. Safe in signal handlers.
std::size_t print_options(const Options& options, char* to, std::size_t capacity);

}  // namespace arenite
