// SPDX-License-Identifier: MIT
// What every command says of five snapshots that are kept in golden/, to the letter, and its exit
// status. golden/make makes both anew; ARENITE_GOLDEN_UPDATE=1 only what is said.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "debug/cli/cli_fixture.hpp"

namespace arenite::cli {
namespace {

const std::string kFolder = ARENITE_GOLDEN;

struct Command {
  std::string name, text;
};

std::vector<Command> commands() {
  std::vector<Command> all;
  std::ifstream file(kFolder + "/commands.txt");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    all.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  return all;
}

/// For commands to say what they are about. Each takes a snapshot; `first` a condition before it.
constexpr const char* kFunctions = R"(
  at() { printf %#x $(($1 + $2)); }
  value() { sed -n "s/.*\"$1\": *\"\(0x[0-9a-f]*\)\".*/\1/p" | head -1; }
  first() { arenite blocks --where "$1" --limit 1 --format json --snapshot $2 2>/dev/null | value address; }
  root() { arenite audit --format json --snapshot $1 2>/dev/null | value root; }
  lost() { arenite leaks --format json --snapshot $1 2>/dev/null | value example; }
)";

/// What a command writes goes to $work, whose name is not told.
std::string said(const Command& command) {
  const std::string work = testing::TempDir() + "/golden_" + std::to_string(::getpid());
  std::filesystem::create_directory(work);
  Output output = shell("cd " + kFolder + " && . ./addresses.sh && work=" + work +
                        " && arenite() { " + kCli + " \"$@\"; }" + kFunctions + command.text);
  std::filesystem::remove_all(work);
  for (std::size_t at; (at = output.text.find(work)) != std::string::npos;)
    output.text.replace(at, work.size(), "$work");
  return output.text + "exit " + std::to_string(output.code) + "\n";
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class GoldenTest : public testing::TestWithParam<Command> {};

TEST_P(GoldenTest, IsSaidToTheLetter) {
  const std::string path = kFolder + "/expected/" + GetParam().name + ".txt";
  const std::string now = said(GetParam());
  if (std::getenv("ARENITE_GOLDEN_UPDATE") != nullptr) std::ofstream(path) << now;
  EXPECT_EQ(now, contents(path)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Commands, GoldenTest, testing::ValuesIn(commands()),
                         [](const auto& command) {
                           std::string name = command.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Golden, EveryAnswerIsAskedFor) {
  const auto all = commands();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "/expected")) {
    ++files;
    const std::string name = entry.path().stem();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Command& c) {
      return c.name == name;
    })) << name;
  }
  EXPECT_EQ(files, all.size());
}

}  // namespace
}  // namespace arenite::cli
