// SPDX-License-Identifier: MIT
// The judge says no where a report is of another kind, on other bytes, or names nothing.
#include "debug/misuse/judgement.hpp"

#include <signal.h>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr Expectation kRead = {"read", Misuse::outside, By::plain, Touch::read, 10, 12};

Outcome aborted(const std::string& errors) {
  Outcome outcome;
  outcome.signal = SIGABRT;
  outcome.errors = errors;
  return outcome;
}

const std::string kReport =
    "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1 at pc 0x2 bp 0x3 sp 0x4\n"
    "READ of size 1 at 0x1 thread T0\n"
    "    #0 0x2 in read /tree/a.c:3\n\n"
    "0x1 is located 2 bytes after 10-byte region [0x0,0xa)\n"
    "allocated by thread T0 here:\n    #0 0x2 in read /tree/a.c:1\n\n"
    "SUMMARY: AddressSanitizer: heap-buffer-overflow /tree/a.c:3 in read\n";

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  return text.replace(text.find(part), part.size(), by);
}

bool reported(const Outcome& outcome) {
  std::string lacking;
  return is_reported(kRead, outcome, lacking);
}

bool named(const std::string& report, Look look = Look::page_right) {
  std::string lacking;
  return names_lines(kRead, "a.c", look, report, lacking);
}

TEST(Judgement, AcceptsTheExactReport) {
  EXPECT_TRUE(reported(aborted(kReport)));
  EXPECT_TRUE(named(kReport));
}

TEST(Judgement, RefusesAnythingElse) {
  EXPECT_FALSE(reported(aborted("")));
  EXPECT_FALSE(reported(aborted(replaced(kReport, "READ", "WRITE"))));
  EXPECT_FALSE(reported(aborted(replaced(kReport, "2 bytes after", "3 bytes after"))));
  EXPECT_FALSE(reported(aborted(replaced(kReport, "10-byte", "16-byte"))));
  EXPECT_FALSE(reported(aborted(replaced(kReport, "overflow on", "underflow on"))));
  Outcome survived = aborted(kReport);
  survived.signal = 0;
  survived.exit_code = 0;
  EXPECT_FALSE(reported(survived));
}

TEST(Judgement, WantsLinesOfTheCase) {
  EXPECT_FALSE(named(replaced(kReport, "a.c:1", "b.c:1")));
  EXPECT_FALSE(named(replaced(kReport, "overflow /tree/a.c", "overflow /tree/b.c")));
}

TEST(Judgement, KnowsWhereAModeIsBlind) {
  EXPECT_FALSE(must_find(kRead, Look::debug));
  EXPECT_TRUE(must_find(kRead, Look::page_right));
  EXPECT_FALSE(must_find(kRead, Look::page_left));
  constexpr Expectation kAligned = {"read", Misuse::outside, By::plain, Touch::read, 10, 12, 64};
  EXPECT_FALSE(must_find(kAligned, Look::page_right)) << "54 bytes of slack behind it";
  constexpr Expectation kBefore = {"read", Misuse::outside, By::plain, Touch::read, 4096, -1};
  EXPECT_TRUE(must_find(kBefore, Look::page_right)) << "it fills its page";
  constexpr Expectation kFar = {"write", Misuse::outside, By::plain, Touch::write, 10, 30};
  EXPECT_FALSE(must_find(kFar, Look::debug)) << "behind the guard bytes";
  constexpr Expectation kFreed = {"read", Misuse::freed, By::plain, Touch::read, 10, 3};
  EXPECT_FALSE(must_find(kFreed, Look::debug));
  EXPECT_TRUE(must_find(kFreed, Look::page_left));
}

TEST(Judgement, ExpectsLeaksByTheirSum) {
  constexpr Expectation kLeak = {"lose", Misuse::leak, By::range, Touch::none, 66, 2};
  Outcome outcome;
  outcome.exit_code = 23;
  outcome.errors =
      "==1==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 66 byte(s)\n"
      "SUMMARY: AddressSanitizer: 66 byte(s) leaked in 2 allocation(s).\n";
  std::string lacking;
  EXPECT_TRUE(is_reported(kLeak, outcome, lacking));
  outcome.exit_code = 0;
  EXPECT_FALSE(is_reported(kLeak, outcome, lacking));
}

}  // namespace
}  // namespace arenite
