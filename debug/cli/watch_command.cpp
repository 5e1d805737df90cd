// SPDX-License-Identifier: MIT
// `arenite watch`: a process's heap, again and again, with what changed. On a terminal it takes the
// whole screen and gives it back as it was, also at Ctrl-C.
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "debug/census/heap_census.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/site_table.hpp"
#include "debug/cli/units.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  double every = 5;
  unsigned count = 0;
};

/// Signals that end a watch, as something to wait for. They are blocked while this lives, so that
/// the screen is always given back.
class Interrupts {
 public:
  Interrupts() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, &before_);
    file_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  }
  ~Interrupts() {
    if (file_ >= 0) ::close(file_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Whether one came within that time.
  bool wait(double seconds) const {
    pollfd one{file_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(seconds * 1000)) > 0;
  }

 private:
  sigset_t before_;
  int file_;
};

/// The other screen of a terminal, without a cursor.
class Screen {
 public:
  Screen() : on_terminal_(::isatty(STDOUT_FILENO) == 1) {
    if (on_terminal_) fmt::print("\033[?1049h\033[?25l");
  }
  ~Screen() {
    if (on_terminal_) fmt::print("\033[?25h\033[?1049l");
    std::fflush(stdout);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Lines beyond the terminal's last are not shown.
  void show(std::string text) const {
    if (on_terminal_) {
      std::size_t at = 0;
      for (unsigned line = rows(); line > 1 && at != std::string::npos; --line)
        at = text.find('\n', at == 0 ? 0 : at + 1);
      if (at != std::string::npos) text.resize(at);
      fmt::print("\033[H\033[2J{}", text);
    } else {
      fmt::print("{}\n", text);
    }
    std::fflush(stdout);
  }

 private:
  static unsigned rows() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2 ? size.ws_row : 24;
  }

  bool on_terminal_;
};

struct Look {
  Examination seen;
  HeapCensus census;
};

Look take_look(const Source& source) {
  Look look;
  look.seen = examine(source, [&](const AnyView& view, const Examination& now) {
    look.census = take_census(view, now, traces_of(view, now), false);
  });
  return look;
}

std::string change_text(std::uint64_t before, std::uint64_t now, bool bytes) {
  if (before == now) return "";
  const std::uint64_t by = now > before ? now - before : before - now;
  return fmt::format("{}{}", now > before ? "+" : "-", bytes ? bytes_text(by) : fmt::to_string(by));
}

std::string clock_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string text_of(const Look& now, const Look& before) {
  const HeapCensus& a = before.census;
  const HeapCensus& b = now.census;
  std::string text = fmt::format("{}  process {} ({})\n\n", clock_text(), now.seen.facts.pid,
                                 now.seen.facts.command);
  const auto row = [&](const char* name, std::uint64_t old, std::uint64_t value, bool bytes) {
    text +=
        fmt::format("{:<14}{:>12}{:>14}\n", name, bytes ? bytes_text(value) : fmt::to_string(value),
                    change_text(old, value, bytes));
  };
  row("live", a.live_bytes, b.live_bytes, true);
  row("blocks", a.live_blocks, b.live_blocks, false);
  if (a.on_pages.blocks + b.on_pages.blocks > 0)
    row("on guard pages", a.on_pages.bytes, b.on_pages.bytes, true);
  row("kept", a.kept_bytes, b.kept_bytes, true);
  row("dirty", a.dirty_bytes, b.dirty_bytes, true);
  row("mapped", a.mapped_bytes, b.mapped_bytes, true);
  row("arenas", a.arenas, b.arenas, false);
  row("pools", a.pools_used, b.pools_used, false);
  const std::uint64_t findings = now.seen.finding_count();
  text += findings == 0 ? "" : fmt::format("{:<14}{:>12}\n", "findings", findings);
  text += fmt::format("\n{:>12}{:>12}{:>12}{:>14}\n", "class", "live", "kept", "blocks");
  std::vector<std::size_t> order(b.classes.size());
  std::iota(order.begin(), order.end(), 0);
  const auto weight = [&](std::size_t x) { return b.classes[x].bytes + b.classes[x].kept; };
  // Of those that hold alike, the smaller class first.
  std::ranges::sort(order, std::greater(), [&](std::size_t x) {
    return std::pair(weight(x), -static_cast<std::int64_t>(x));
  });
  for (const std::size_t i : order) {
    const ClassCensus& of = b.classes[i];
    if (of.bytes + of.kept == 0) break;
    const std::uint64_t old = i < a.classes.size() ? a.classes[i].blocks : 0;
    text += fmt::format("{:>12}{:>12}{:>12}{:>14}  {}\n",
                        of.block_bytes == 0 ? "spans" : fmt::to_string(of.block_bytes),
                        bytes_text(of.bytes), bytes_text(of.kept), of.blocks,
                        change_text(old, of.blocks, false));
  }
  return text;
}

int run(const Request& request) {
  const Interrupts interrupts;
  // The first look tells whether there is anything to watch, before the screen is taken.
  Look before = take_look(request.source), now = take_look(request.source);
  std::string ended;
  {
    const Screen screen;
    for (unsigned shown = 0;;) {
      screen.show(text_of(now, before));
      if (++shown == request.count || interrupts.wait(request.every)) break;
      before = std::move(now);
      try {
        now = take_look(request.source);
      } catch (const CannotTell& reason) {
        ended = reason.what();
        break;
      }
    }
  }
  if (ended.empty()) return kClean;
  fmt::print(stderr, "arenite: {}\n", ended);
  return kCannotTell;
}

}  // namespace

void add_watch(CommandLine& line) {
  auto [sub, request] =
      line.add<Request>("watch", "Show a process's heap again and again", run,
                        "  arenite watch --pid 4711 --every 5s      ends at Ctrl-C\n"
                        "  arenite watch --pid 4711 --count 3 | cat  three looks, as text\n");
  sub.add_option("--pid", request.source.pid, "a process").required().positive();
  sub.add_option("--every", request.every, "seconds between looks; 5 if not given")
      .in_units({{"s", 1}, {"ms", 0.001}, {"m", 60}}, "TIME")
      .within(0.01, 86400.0);
  sub.add_option("--count", request.count, "looks to show; 0: without end, which is the default");
}

}  // namespace arenite::cli
