// SPDX-License-Identifier: MIT
#include "debug/cli/fail_each.hpp"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "debug/cli/last_lines.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite::cli {
namespace {

namespace fs = std::filesystem;

/// The file in which the library says which allocation it made to fail, in a folder of its own.
class Record {
 public:
  Record() {
    std::string folder = (fs::temp_directory_path() / "arenite-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr)
      throw CannotTell(folder + " cannot be made: " + std::strerror(errno));
    folder_ = folder;
    const std::string complaint = complaint_about("fail_record", path());
    if (complaint.empty()) return;
    fs::remove(folder_);
    throw CannotTell(complaint);
  }
  ~Record() {
    std::error_code failed;
    fs::remove_all(folder_, failed);
  }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  std::string path() const { return (folder_ / "failed").string(); }
  void clear() const { fs::remove(path()); }
  /// False if no allocation failed.
  bool first_line(std::string& line) const {
    std::ifstream file(path());
    if (!std::getline(file, line)) return false;
    LastLines harmless;
    harmless.take(line + "\n");
    line = harmless.lines().back();
    return true;
  }

 private:
  fs::path folder_;
};

Verdict judge(const ChildEnd& end) {
  if (end.how == ChildEnd::How::timed_out) return Verdict::timeout;
  if (!end.report.empty()) return Verdict::report;
  if (end.how == ChildEnd::How::killed) return Verdict::signal;
  return end.code == 0 ? Verdict::handled : Verdict::other_exit;
}

/// Addresses, process ids, counts: each run has its own.
std::string without_numbers(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size();) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) {
      plain += text[i++];
      continue;
    }
    const bool hexadecimal = text.compare(i, 2, "0x") == 0;
    i += hexadecimal ? 2 : 1;
    // Behind the last byte is a zero, which is no digit.
    while ((hexadecimal ? std::isxdigit(static_cast<unsigned char>(text[i]))
                        : std::isdigit(static_cast<unsigned char>(text[i]))) != 0)
      ++i;
    plain += '#';
  }
  return plain;
}

bool alike(const AlikeRuns& group, Verdict verdict, const ChildEnd& end) {
  if (group.verdict != verdict || group.end.code != end.code) return false;
  // What a program says when it refuses may be anything; its status tells enough.
  if (verdict == Verdict::other_exit) return true;
  const auto last = [](const ChildEnd& of) {
    return of.last_lines.empty() ? std::string() : without_numbers(of.last_lines.back());
  };
  return without_numbers(group.end.report) == without_numbers(end.report) &&
         last(group.end) == last(end);
}

void add(FailEachResult& result, std::uint64_t serial, const std::string& record, ChildEnd end) {
  const Verdict verdict = judge(end);
  ++result.runs[static_cast<std::size_t>(verdict)];
  if (verdict == Verdict::handled) return;
  for (AlikeRuns& group : result.groups)
    if (alike(group, verdict, end)) {
      group.serials.push_back(serial);
      return;
    }
  const std::string what = verdict == Verdict::report ? end.report : describe_end(end);
  result.groups.push_back({verdict, what, {serial}, record, std::move(end)});
}

}  // namespace

const char* name_of(Verdict verdict) {
  constexpr const char* kNames[kVerdicts] = {"handled", "exit", "signal", "timeout", "report"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::uint64_t FailEachResult::failed() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : runs) sum += count;
  return sum;
}

std::uint64_t FailEachResult::crashed() const {
  return of(Verdict::signal) + of(Verdict::timeout) + of(Verdict::report);
}

std::string describe_end(const ChildEnd& end) {
  if (end.how == ChildEnd::How::timed_out) return "timed out";
  if (end.how == ChildEnd::How::interrupted) return "interrupted";
  if (end.how == ChildEnd::How::exited) return fmt::format("exit status {}", end.code);
  const char* name = ::sigabbrev_np(end.code);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", end.code);
}

FailEachResult fail_each(const RunRequest& request, const RunEnvironment& environment,
                         const std::function<void(const FailEachResult&)>& progress) {
  // Reports have to come where they are looked for, and no other allocation is to fail.
  RunEnvironment base = environment;
  const Record record;
  const std::pair<const char*, std::string> own_settings[] = {{"format", "text"},
                                                              {"log_path", ""},
                                                              {"fail_every", "0"},
                                                              {"fail_rate", "0"},
                                                              {"fail_record", record.path()}};
  for (const auto& [key, value] : own_settings)
    base.options = with_option(base.options, key, value);

  FailEachResult result;
  LimitedChild child;
  for (std::uint64_t i = 0; i < request.fail_most; ++i) {
    const std::uint64_t serial = request.fail_from + i;
    record.clear();
    ChildEnd end = child.run(request.program, request.timeout_s, [&] {
      RunEnvironment own = base;
      own.options = with_option(own.options, "fail_at", std::to_string(serial));
      own.set();
    });
    if (end.how == ChildEnd::How::interrupted) {
      result.interrupted = true;
      break;
    }
    std::string line;
    if (!record.first_line(line)) {
      result.undisturbed = std::move(end);
      break;
    }
    add(result, serial, line, std::move(end));
    progress(result);
  }
  return result;
}

}  // namespace arenite::cli
