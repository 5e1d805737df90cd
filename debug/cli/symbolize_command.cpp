// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/named_report.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/report/helper.hpp"
#include "debug/report/output.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

/// Longer than the failing process waits, should that be gone.
constexpr unsigned kLifetimeS = 60;

int name_stream(std::istream& from) {
  NamedReport report;
  for (std::string line; std::getline(from, line);) {
    const std::string named = report.line(line);
    std::fwrite(named.data(), 1, named.size(), stdout);
    // Whoever watches a running program's reports sees each line as it comes.
    if (std::fflush(stdout) != 0) throw CannotTell("stdout takes no more");
  }
  return kClean;
}

/// For a process that has just failed: nothing is written but all of it, and only by right.
int serve_failing_process() {
  ::alarm(kLifetimeS);
  NamedReport report;
  std::string text;
  for (std::string line; std::getline(std::cin, line);) text += report.line(line);
  char right;
  if (::read(kHelperRight, &right, 1) != 1) return kCannotTell;
  if (!write_all(STDOUT_FILENO, text)) return kCannotTell;
  return write_all(kHelperDone, "D") ? kClean : kCannotTell;
}

struct Request {
  std::string path;
  bool handed_over = false;
};

int run(const Request& request) {
  if (request.handed_over) return serve_failing_process();
  if (request.path.empty() || request.path == "-") return name_stream(std::cin);
  std::ifstream file(request.path, std::ios::binary);
  if (!file) throw CannotTell(fmt::format("{}: {}", request.path, std::strerror(errno)));
  return name_stream(file);
}

}  // namespace

void add_symbolize(CommandLine& line) {
  auto [sub, request] =
      line.add<Request>("symbolize", "Put functions, files and lines into a report", run,
                        "  arenite symbolize report.txt\n"
                        "  ./program 2>&1 | arenite symbolize\n");
  sub.add_option("file", request.path, "a text or JSON report; stdin if not given");
  // How a failing process calls, see debug/report/helper.hpp.
  sub.add_flag(kHelperFlag, request.handed_over).hidden();
}

}  // namespace arenite::cli
