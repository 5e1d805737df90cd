// SPDX-License-Identifier: MIT
// How many of the cases each mode finds, by class: the table of `debug/misuse/README.md`, printed,
// and the figures that must not be missed.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "debug/misuse/judgement.hpp"
#include "debug/misuse/preloaded.hpp"

namespace arenite {
namespace {

enum Column { kDebug, kRight, kLeft, kRandom, kBothSides, kColumns };

constexpr const char* kTitles[kColumns] = {"debug", "page right, align=1", "page left",
                                           "page random", "right or left"};
constexpr const char* kOptions[] = {
    "mode=debug:leaks=1",
    "mode=page:side=right:align=1:leaks=1",
    "mode=page:side=left:leaks=1",
    "mode=page:side=random:leaks=1:seed=",
};

struct Case {
  const Expectation* row;
  double found[kColumns] = {};  ///< 1 or 0; on a random side, in this part of the times
};

bool finds(const Case& one, const std::string& options) {
  std::string lacking;
  return is_reported(*one.row, run_in_mode(misuse_command(one.row->name, true), options, false),
                     lacking);
}

/// Where it depends on the side, one look says little.
double part_found_on_random_side(const Case& one, unsigned number) {
  const double chance = chance_on_random_side(*one.row);
  const unsigned looks = chance > 0 && chance < 1 ? 16 : 1;
  unsigned found = 0;
  for (unsigned i = 0; i < looks; ++i)
    found += finds(one, kOptions[kRandom] + std::to_string(number * 7919 + i * 104729 + 1));
  return static_cast<double>(found) / looks;
}

void look_at(Case& one, unsigned number) {
  for (int column = kDebug; column < kRandom; ++column)
    one.found[column] = finds(one, kOptions[column]);
  one.found[kRandom] = part_found_on_random_side(one, number);
  one.found[kBothSides] = std::max(one.found[kRight], one.found[kLeft]);
}

std::vector<Case> look_at_all() {
  std::vector<Case> cases;
  for (const ExpectedFile& file : all_expectations())
    for (const Expectation& row : file.rows) cases.push_back({&row});
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < cases.size();) look_at(cases[i], static_cast<unsigned>(i));
  };
  std::thread second(work);
  work();
  second.join();
  return cases;
}

struct Count {
  int all = 0;
  double found[kColumns] = {};
  void add(const Case& one) {
    ++all;
    for (int column = 0; column < kColumns; ++column) found[column] += one.found[column];
  }
  double part(Column column) const { return found[column] / all; }
};

void print(const std::string& name, const Count& count) {
  std::printf("| %s | %d |", name.c_str(), count.all);
  for (int column = 0; column < kColumns; ++column)
    std::printf(column == kRandom ? " %.1f |" : " %.0f |", count.found[column]);
  std::printf("\n");
}

void print_table(const std::map<std::string, Count>& classes, const Count& total) {
  std::printf("| class | cases |");
  for (const char* title : kTitles) std::printf(" %s |", title);
  std::printf("\n|---|---|---|---|---|---|---|\n");
  for (const auto& [name, count] : classes) print(name, count);
  print("all", total);
  std::printf("| part | |");
  for (int column = 0; column < kColumns; ++column)
    std::printf(" %.1f %% |", 100 * total.part(static_cast<Column>(column)));
  std::printf("\n");
}

TEST(MisuseTable, IsAsPromised) {
  std::map<std::string, Count> classes;
  Count total;
  for (const Case& one : look_at_all()) {
    classes[class_of(*one.row)].add(one);
    total.add(one);
    EXPECT_EQ(one.found[kBothSides], 1) << one.row->name;
  }
  print_table(classes, total);
  EXPECT_GE(total.part(kDebug), 0.84);
  EXPECT_GE(total.part(kRandom), 0.94 - 0.005) << "as the sides are drawn";
}

}  // namespace
}  // namespace arenite
