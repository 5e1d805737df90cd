// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>

#include <fmt/format.h>

#include "debug/cli/fail_each.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// One line on the terminal, written over and over; nothing elsewhere.
class Progress {
 public:
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }

  void operator()(const FailEachResult& result) {
    constexpr std::chrono::milliseconds kBetween{100};
    const Clock::time_point now = Clock::now();
    if (!terminal_ || now - last_ < kBetween) return;
    last_ = now;
    shown_ = true;
    const double elapsed_s = std::chrono::duration<double>(now - begin_).count();
    fmt::print(stderr, "\r\033[K{} allocations made to fail, {:.0f}/s, {} crashed", result.failed(),
               static_cast<double>(result.failed()) / elapsed_s, result.crashed());
    std::fflush(stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

/// 1, 4-6, 9; of many, the first ones.
std::string ranges(const std::vector<std::uint64_t>& serials) {
  constexpr int kMost = 20;
  std::string text;
  int count = 0;
  for (std::size_t i = 0; i < serials.size();) {
    std::size_t last = i;
    while (last + 1 < serials.size() && serials[last + 1] == serials[last] + 1) ++last;
    if (++count > kMost) return text + ", ...";
    text += i == 0 ? "" : ", ";
    text +=
        last == i ? fmt::format("{}", serials[i]) : fmt::format("{}-{}", serials[i], serials[last]);
    i = last + 1;
  }
  return text;
}

/// How to see the run again.
std::string again(const RunRequest& request, std::uint64_t serial) {
  std::string line = fmt::format("arenite run --fail-at {}", serial);
  for (const auto& [key, value] : request.settings) {
    if (key == "format") continue;
    std::string name = key;
    for (char& byte : name)
      if (byte == '_') byte = '-';
    line += fmt::format(" --{}={}", name, shell_word(value));
  }
  line += " --";
  for (const std::string& word : request.program) line += " " + shell_word(word);
  return line;
}

/// Why there is no verdict; "" if there is one.
std::string reason_of(const FailEachResult& result) {
  if (result.undisturbed) {
    const ChildEnd& end = *result.undisturbed;
    if (end.how != ChildEnd::How::exited || !end.report.empty())
      return fmt::format("with no allocation made to fail, the program ends so: {}",
                         end.report.empty() ? describe_end(end) : end.report);
  }
  if (result.failed() == 0 && !result.interrupted)
    return "no allocation was made to fail: the program allocates less, or does not load the "
           "library (it is linked statically, or has special rights)";
  return result.interrupted && result.crashed() == 0 ? "interrupted" : "";
}

std::string summary(const FailEachResult& result) {
  std::string text = fmt::format(
      "{} allocations made to fail one at a time: {} handled (exit 0), {} ended with another exit "
      "status, {} crashed",
      result.failed(), result.of(Verdict::handled), result.of(Verdict::other_exit),
      result.crashed());
  if (result.crashed() > 0)
    text +=
        fmt::format(" ({} by a signal, {} with a report, {} timed out)", result.of(Verdict::signal),
                    result.of(Verdict::report), result.of(Verdict::timeout));
  return text + (result.interrupted ? "; interrupted" : "");
}

void print_text(const RunRequest& request, const FailEachResult& result, int code) {
  const Style style(STDOUT_FILENO);
  for (const AlikeRuns& group : result.groups) {
    const std::size_t count = group.serials.size();
    fmt::print("{}: {} time{}, when this allocation failed: {}\n",
               is_crash(group.verdict) ? style.bad(group.what) : group.what, count,
               count == 1 ? "" : "s", ranges(group.serials));
    if (!is_crash(group.verdict)) continue;
    if (group.verdict == Verdict::report) fmt::print("  ended with {}\n", describe_end(group.end));
    if (!group.record.empty()) fmt::print("  the first: {}\n", group.record);
    for (const std::string& line : group.end.last_lines) fmt::print("  | {}\n", line);
    fmt::print("  again: {}\n", again(request, group.serials[0]));
  }
  if (result.undisturbed && result.undisturbed->how == ChildEnd::How::exited &&
      result.undisturbed->code != 0)
    fmt::print("with no allocation made to fail: {}\n", describe_end(*result.undisturbed));
  const std::string verdict = summary(result);
  fmt::print("{}\n", code == kClean ? style.good(verdict) : style.bad(verdict));
}

Json describe(const ChildEnd& end) {
  Json json{{"how", describe_end(end)}};
  if (end.how == ChildEnd::How::exited) json["status"] = end.code;
  if (end.how == ChildEnd::How::killed) json["signal"] = end.code;
  if (!end.report.empty()) json["report"] = end.report;
  json["stderr"] = end.last_lines;
  return json;
}

void print_json(const RunRequest& request, const FailEachResult& result, int code,
                const std::string& reason) {
  Json json{{"program", request.program},
            {"from", request.fail_from},
            {"failed", result.failed()},
            {"handled", result.of(Verdict::handled)},
            {"other_exit", result.of(Verdict::other_exit)},
            {"crashed", result.crashed()},
            {"signals", result.of(Verdict::signal)},
            {"reports", result.of(Verdict::report)},
            {"timeouts", result.of(Verdict::timeout)},
            {"interrupted", result.interrupted},
            {"groups", Json::array()}};
  for (const AlikeRuns& group : result.groups)
    json["groups"].push_back({{"verdict", name_of(group.verdict)},
                              {"what", group.what},
                              {"serials", group.serials},
                              {"record", group.record},
                              {"end", describe(group.end)},
                              {"again", again(request, group.serials[0])}});
  if (result.undisturbed) json["undisturbed"] = describe(*result.undisturbed);
  json["exit"] = code;
  if (!reason.empty()) json["reason"] = reason;
  fmt::print("{}\n", dump(json));
}

}  // namespace

int run_fail_each(const RunRequest& request, const RunEnvironment& environment) {
  FailEachResult result;
  {
    Progress progress;
    result = fail_each(request, environment, std::ref(progress));
  }
  const std::string reason = reason_of(result);
  const int code = !reason.empty() ? kCannotTell : result.crashed() > 0 ? kFindings : kClean;
  const auto format = request.settings.find("format");
  if (format != request.settings.end() && format->second == "json") {
    print_json(request, result, code, reason);
    return code;
  }
  print_text(request, result, code);
  if (code == kCannotTell) {
    std::fflush(stdout);
    fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  }
  return code;
}

}  // namespace arenite::cli
