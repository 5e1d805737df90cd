// SPDX-License-Identifier: MIT
// What the shared library shows to the world, and what it needs of it.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

using Names = std::set<std::string>;

/// Standard output of a command, by lines.
std::vector<std::string> lines_of(const std::vector<std::string>& command) {
  const Outcome outcome = run_command(command, {.preloaded = false});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  std::vector<std::string> lines;
  std::istringstream stream(outcome.output);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ExportedSymbolsTest, AreTheListedOnes) {
  Names listed;
  std::ifstream file(ARENITE_EXPORTED_SYMBOLS);
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') listed.insert(line.substr(0, line.find(' ')));
  Names exported;
  for (const std::string& line : lines_of({"/usr/bin/nm", "-D", "--defined-only", ARENITE_LIBRARY}))
    exported.insert(line.substr(line.rfind(' ') + 1));
  EXPECT_EQ(exported, listed);
}

TEST(ExportedSymbolsTest, NothingButTheCLibraryIsNeeded) {
  std::vector<std::string> needed;
  for (const std::string& line : lines_of({"/usr/bin/readelf", "-dW", ARENITE_LIBRARY}))
    if (line.find("(NEEDED)") != std::string::npos) needed.push_back(line.substr(line.find('[')));
  EXPECT_EQ(needed, std::vector<std::string>{"[libc.so.6]"});
}

/// In a static thread-local block, which a library loaded at the start may have: the offset of a
/// thread's variable is then a constant, not a call.
TEST(ExportedSymbolsTest, StaticThreadLocalStorage) {
  bool is_static = false;
  for (const std::string& line : lines_of({"/usr/bin/readelf", "-dW", ARENITE_LIBRARY}))
    is_static |= line.find("STATIC_TLS") != std::string::npos;
  EXPECT_TRUE(is_static);
  for (const std::string& line :
       lines_of({"/usr/bin/nm", "-D", "--undefined-only", ARENITE_LIBRARY}))
    EXPECT_EQ(line.find("__tls_get_addr"), std::string::npos);
}

}  // namespace
}  // namespace arenite
