// SPDX-License-Identifier: MIT
// audit(live) = audit(core) = audit(snapshot), of random programs; and that the comparison says no
// when one of the three is damaged. RC_PARAMS overrides the number of cases and the seed.
#include <cstddef>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "debug/cli/core_bytes.hpp"
#include "debug/cli/subject.hpp"
#include "layout/root.hpp"

namespace arenite::cli {
namespace {

/// As heap_vs_model.cpp has it.
[[maybe_unused]] const int kParametersSet = ::setenv("RC_PARAMS", "max_success=8 seed=1", 0);

/// A process that ran a program, its core as gcore writes it, and its snapshot with contents.
class Three {
 public:
  Three(const std::string& mode, const std::string& steps)
      : child_({kCli, "run", "--mode", mode, "--", kSubject, "steps", steps}) {
    shell("gcore -o " + file_.path + " " + child_.pid());
    arenite("snapshot --full -o " + snapshot() + " " + child_.option());
  }
  ~Three() {
    std::filesystem::remove(core());
    std::filesystem::remove(snapshot());
  }
  std::string core() const { return file_.path + "." + child_.pid(); }
  std::string snapshot() const { return file_.path + ".snapshot"; }
  bool there() const { return std::filesystem::exists(core()); }

  Json live() const { return arenite("audit --format json " + child_.option()).json(); }
  Json of_core() const { return arenite("audit --format json --core " + core()).json(); }
  Json of_snapshot() const {
    return arenite("audit --format json --snapshot " + snapshot()).json();
  }

 private:
  TemporaryFile file_;
  Child child_;
};

rc::Gen<std::string> step() {
  const auto numbered = [](char letter, int most) {
    return rc::gen::map(rc::gen::inRange(1, most),
                        [=](int number) { return letter + std::to_string(number); });
  };
  return rc::gen::weightedOneOf<std::string>({{8, numbered('a', 2000)},
                                              {1, numbered('a', 500000)},
                                              {6, numbered('f', 32)},
                                              {1, numbered('h', 200)}});
}

/// Steps; of two programs one ends with an error that the audit finds.
std::string any_program(bool debug) {
  const int count = *rc::gen::inRange(0, 200);
  std::string text;
  for (int i = 0; i < count; ++i) text += *step();
  if (*rc::gen::arbitrary<bool>()) text += debug ? "o100" : "d100";
  return text;
}

RC_GTEST_PROP(Audit, is_the_same_of_all_three, ()) {
  const bool debug = *rc::gen::arbitrary<bool>();
  const std::string program = any_program(debug);
  const Three three(debug ? "debug" : "fast", program);
  if (!three.there()) RC_SUCCEED("no gcore here");
  const Json live = three.live();
  const char last = program.empty() ? ' ' : program[program.find_last_of("afhdo")];
  RC_ASSERT(live["exit"] == (last == 'd' || last == 'o' ? 1 : 0));
  RC_ASSERT(three.of_core() == live);
  RC_ASSERT(three.of_snapshot() == live);
}

TEST(Audit, differs_if_one_of_the_three_is_damaged) {
  const Three three("fast", "a100a200f0");
  if (!three.there()) GTEST_SKIP() << "no gcore here";
  const Json live = three.live();
  ASSERT_EQ(live["exit"], 0);
  ASSERT_EQ(three.of_core(), live);
  const std::string root = live["heaps"][0]["root"];
  ASSERT_TRUE(increment_in_core(
      three.core(), std::stoull(root, nullptr, 16) + offsetof(HeapRoot<Remote>, dirty_pools)));
  const Json core = three.of_core();
  EXPECT_NE(core, live);
  EXPECT_EQ(core["exit"], 1);
  EXPECT_EQ(core["heaps"][0]["findings"][0]["id"], "S1") << core;
  {
    std::fstream snapshot(three.snapshot(), std::ios::in | std::ios::out | std::ios::binary);
    increment(snapshot,
              static_cast<std::streamoff>(std::filesystem::file_size(three.snapshot()) / 2));
  }
  const Output snapshot = arenite("audit --format json --snapshot " + three.snapshot());
  EXPECT_EQ(snapshot.code, 2) << snapshot.text;
  EXPECT_NE(snapshot.text.find("is damaged from byte"), std::string::npos) << snapshot.text;
}

}  // namespace
}  // namespace arenite::cli
