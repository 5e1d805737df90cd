// SPDX-License-Identifier: MIT
// Every case in every mode that has to find it: the exact report from the wrong twin, and not a
// word from the right one.
#include <map>
#include <ostream>
#include <sstream>

#include <gtest/gtest.h>

#include "debug/misuse/judgement.hpp"
#include "debug/misuse/preloaded.hpp"

namespace arenite {
namespace {

struct Tested {
  const Expectation* row;
  const char* file;
  Look look;
};

const char* name_of(Look look) {
  static constexpr const char* kNames[] = {"Debug", "PageRight", "PageLeft"};
  return kNames[static_cast<int>(look)];
}

void PrintTo(const Tested& tested, std::ostream* to) {
  *to << tested.file << ' ' << tested.row->name;
}

const char* options_of(Look look) {
  static constexpr const char* kOptions[] = {
      "mode=debug:leaks=1",
      "mode=page:side=right:align=1:leaks=1",
      "mode=page:side=left:leaks=1",
  };
  return kOptions[static_cast<int>(look)];
}

std::vector<Tested> all_tested() {
  std::vector<Tested> all;
  for (const Look look : {Look::debug, Look::page_right, Look::page_left})
    for (const ExpectedFile& file : all_expectations())
      for (const Expectation& row : file.rows) all.push_back({&row, file.file, look});
  return all;
}

class MisuseTest : public testing::TestWithParam<Tested> {};

TEST_P(MisuseTest, IsReportedAndItsTwinIsNot) {
  const auto& [row, file, look] = GetParam();
  if (must_find(*row, look)) {
    const Outcome wrong = run_in_mode(misuse_command(row->name, true), options_of(look), true);
    std::string lacking;
    EXPECT_TRUE(is_reported(*row, wrong, lacking) &&
                names_lines(*row, file, look, wrong.errors, lacking))
        << "lacks: " << lacking << "\nexit code " << wrong.exit_code << ", signal " << wrong.signal
        << "\n"
        << wrong.errors;
  }
  const Outcome right = run_in_mode(misuse_command(row->name, false), options_of(look), true);
  EXPECT_EQ(right.exit_code, 0);
  EXPECT_EQ(right.errors, "");
}

INSTANTIATE_TEST_SUITE_P(Cases, MisuseTest, testing::ValuesIn(all_tested()),
                         [](const auto& tested) {
                           return std::string(name_of(tested.param.look)) + "_" +
                                  tested.param.row->name;
                         });

TEST(MisuseCases, HaveARowEach) {
  std::map<std::string, std::string> expected, listed;
  for (const ExpectedFile& file : all_expectations())
    for (const Expectation& row : file.rows)
      EXPECT_TRUE(expected.emplace(row.name, file.file).second) << row.name;
  const Outcome list = run_command({ARENITE_PROGRAMS "/misuse", "--list"}, {.preloaded = false});
  std::istringstream lines(list.output);
  for (std::string name, file; lines >> name >> file;) listed.emplace(name, file);
  EXPECT_EQ(expected, listed);
  EXPECT_GE(listed.size(), 170u);
}

TEST(MisuseCases, UnknownOneIsRefused) {
  const RunSetting setting{.preloaded = false};
  EXPECT_EQ(run_command(misuse_command("no_such_case", true), setting).exit_code, 64);
}

/// The figures that the issue asks for are asked of the collection first.
TEST(MisuseCases, AskForTheFiguresPromised) {
  double all = 0, debug = 0, random = 0, both_sides = 0;
  for (const ExpectedFile& file : all_expectations())
    for (const Expectation& row : file.rows) {
      all += 1;
      debug += must_find(row, Look::debug);
      random += chance_on_random_side(row);
      both_sides += must_find(row, Look::page_right) || must_find(row, Look::page_left);
    }
  EXPECT_GE(debug / all, 0.84);
  EXPECT_GE(random / all, 0.94);
  EXPECT_EQ(both_sides, all);
}

}  // namespace
}  // namespace arenite
