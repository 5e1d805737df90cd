// SPDX-License-Identifier: MIT
// What an examination says altogether: how many findings there are, how it ends, and why.
#include "debug/target/examination.hpp"

#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite {
namespace {

TEST(MappingAt, IsTheOneThatHoldsTheAddress) {
  ProcessFacts facts;
  take_mappings(
      "1000-3000 r--p 00000000 00:00 0\n"
      "3000-4000 rw-p 00000000 00:00 0 /a\n"
      "nonsense\n"
      "8000-9000 rw-p 00000000 00:00 0",
      facts);
  ASSERT_EQ(facts.mappings.size(), 3u);
  const auto begin_of = [&](Address at) {
    const Mapping* found = mapping_at(at, facts);
    return found == nullptr ? Address{0} : found->begin;
  };
  EXPECT_EQ(begin_of(0xfff), 0u);
  EXPECT_EQ(begin_of(0x1000), 0x1000u);
  EXPECT_EQ(begin_of(0x2fff), 0x1000u);
  EXPECT_EQ(begin_of(0x3000), 0x3000u);
  EXPECT_EQ(begin_of(0x4000), 0u);
  EXPECT_EQ(begin_of(0x7fff), 0u);
  EXPECT_EQ(begin_of(0x8fff), 0x8000u);
  EXPECT_EQ(begin_of(0x9000), 0u);
  EXPECT_EQ(mapping_at(0x1000, ProcessFacts{}), nullptr);
}

class ExaminationTest : public ::testing::Test {
 protected:
  ExaminationTest() {
    for (int i = 0; i < 2; ++i) {
      HeapReport heap;
      heap.result.end = AuditEnd::complete;
      examination_.heaps.push_back(std::move(heap));
    }
  }
  HeapReport& first() { return examination_.heaps[0]; }
  HeapReport& second() { return examination_.heaps[1]; }
  void find_something() { second().findings.push_back({Invariant::P1, {}, "something"}); }
  int exit_code() {
    reason_.clear();
    return examination_.exit_code(reason_);
  }

  Examination examination_;
  std::string reason_;
};

TEST_F(ExaminationTest, CountsWhatWasFoundInAllHeapsAndWhatWasNotPassedOn) {
  EXPECT_EQ(examination_.finding_count(), 0u);
  find_something();
  first().findings.resize(3);
  first().suppressed = {{Invariant::P1, 10}, {Invariant::P2, 4}};
  second().suppressed = {{Invariant::P1, 5}};
  EXPECT_EQ(examination_.finding_count(), 4u + 19u);
}

TEST_F(ExaminationTest, EndsCleanOrWithFindings) {
  EXPECT_EQ(exit_code(), kClean);
  EXPECT_EQ(reason_, "");
  find_something();
  EXPECT_EQ(exit_code(), kFindings);
  EXPECT_EQ(reason_, "");
}

TEST_F(ExaminationTest, CannotTellWhatCouldNotBeRead) {
  first().unreadable = 1;
  EXPECT_EQ(exit_code(), kCannotTell);
  EXPECT_EQ(reason_, "memory of the heap could not be read");
  find_something();
  EXPECT_EQ(exit_code(), kFindings) << "what was found is there all the same";
}

TEST_F(ExaminationTest, CannotTellOfAnotherLayout) {
  second().result.end = AuditEnd::other;
  find_something();
  EXPECT_EQ(exit_code(), kCannotTell) << "that it is another one is no finding";
  EXPECT_EQ(reason_, "the heap has another layout than this tool reads");
  second().result.end = AuditEnd::no_memory;
  second().findings.clear();
  EXPECT_EQ(exit_code(), kCannotTell);
  EXPECT_EQ(reason_, "there is no memory for the audit");
}

TEST_F(ExaminationTest, PointersAreFollowedInHeapsThatAreUnderstood) {
  EXPECT_NO_THROW(examination_.require_contents());
  second().result.end = AuditEnd::other;
  EXPECT_THROW(examination_.require_contents(), CannotTell);
}

TEST_F(ExaminationTest, CannotTellOfALayerThatIsNotRead) {
  for (const LayerEnd end : {LayerEnd::none, LayerEnd::there}) {
    first().layer.end = end;
    EXPECT_EQ(exit_code(), kClean);
  }
  first().layer.end = LayerEnd::other;
  EXPECT_EQ(exit_code(), kCannotTell);
  EXPECT_EQ(reason_, "the debug layer has another layout than this tool reads");
  for (const LayerEnd end : {LayerEnd::unreadable, LayerEnd::gated}) {
    first().layer.end = end;
    EXPECT_EQ(exit_code(), kCannotTell);
    EXPECT_EQ(reason_, "what the debug layer keeps cannot be believed");
  }
}

TEST_F(ExaminationTest, FindingsOfAProcessNeverAtRestSayNothing) {
  examination_.torn = "never at rest";
  EXPECT_EQ(exit_code(), kClean);
  find_something();
  EXPECT_EQ(exit_code(), kCannotTell);
  EXPECT_EQ(reason_, "never at rest");
}

TEST_F(ExaminationTest, CannotTellOfADamagedFile) {
  find_something();
  examination_.damage = "cut short";
  EXPECT_EQ(exit_code(), kCannotTell);
  EXPECT_EQ(reason_, "cut short");
}

TEST_F(ExaminationTest, LacksContents) {
  EXPECT_NO_THROW(examination_.require_contents());
  examination_.lacking = "saved without";
  EXPECT_THROW(examination_.require_contents(), CannotTell);
}

}  // namespace
}  // namespace arenite
