// SPDX-License-Identifier: MIT
#include "debug/annotate/annotator.hpp"

#include <cerrno>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/annotate/programs/toy_pool.hpp"
#include "debug/annotate/recording_annotator.hpp"

namespace arenite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void call_every_function(const Annotator& annotator, Address at) {
  annotator.pool_created(at);
  annotator.pool_memory_added(at, at, 256);
  annotator.block_handed_out(at + 16, 40, 16, false);
  annotator.block_resized(at + 16, 40, 48, 16);
  annotator.block_freed(at + 16, 48, 16);
  annotator.block_handed_out(at + 16, 8, 16, true);
  annotator.make_inaccessible(at + 16, 8);
  annotator.make_accessible_undefined(at + 16, 8);
  annotator.make_defined(at + 16, 8);
  annotator.pool_memory_removed(at, at, 256);
  annotator.pool_destroyed(at);
  annotator.look_away();
  annotator.look_back();
}

TEST(AnnotatorTest, TheProcessHasTheOneOfItsTool) {
  EXPECT_STREQ(annotator_of_process().name, ARENITE_EXPECTED_TOOL);
  EXPECT_EQ(annotator_of_process().watched, &annotator_of_process() != &kNoTool);
}

TEST(AnnotatorTest, ManyThreadsAgree) {
  std::vector<const Annotator*> seen(8);
  std::vector<std::thread> threads;
  for (auto& each : seen) threads.emplace_back([&each] { each = &annotator_of_process(); });
  for (auto& thread : threads) thread.join();
  for (const Annotator* each : seen) EXPECT_EQ(each, seen[0]);
}

TEST(AnnotatorTest, NoToolTakesAnyAddressAndDoesNothing) {
  EXPECT_FALSE(kNoTool.watched);
  errno = EDOM;
  call_every_function(kNoTool, 0);
  call_every_function(kNoTool, ~Address{0} - 512);
  EXPECT_EQ(errno, EDOM);
}

TEST(AnnotatorTest, TheChosenOneLeavesBytesAndErrnoAlone) {
  alignas(64) static char memory[256] = "as it was";
  errno = EDOM;
  call_every_function(annotator_of_process(), reinterpret_cast<Address>(memory));
  EXPECT_EQ(errno, EDOM);
  annotator_of_process().make_defined(reinterpret_cast<Address>(memory), sizeof memory);
  EXPECT_STREQ(memory, "as it was");
}

TEST(RecordingAnnotatorTest, WritesDownEveryCall) {
  RecordingAnnotator::take();
  call_every_function(RecordingAnnotator::table(), 0x1000);
  EXPECT_THAT(RecordingAnnotator::take(),
              ElementsAre("pool_created 0x1000", "pool_memory_added 0x1000 0x1000 256",
                          "block_handed_out 0x1010 40 16", "block_resized 0x1010 40 48 16",
                          "block_freed 0x1010 48 16", "block_handed_out zeroed 0x1010 8 16",
                          "make_inaccessible 0x1010 8", "make_accessible_undefined 0x1010 8",
                          "make_defined 0x1010 8", "pool_memory_removed 0x1000 0x1000 256",
                          "pool_destroyed 0x1000"));
  EXPECT_THAT(RecordingAnnotator::take(), IsEmpty());
}

TEST(ToolsLookAwayTest, ForAsLongAsItLivesAndNested) {
  const Annotator& recording = RecordingAnnotator::table();
  EXPECT_EQ(RecordingAnnotator::looking_away(), 0);
  {
    const ToolsLookAway away(recording);
    EXPECT_EQ(RecordingAnnotator::looking_away(), 1);
    {
      const ToolsLookAway nested(recording);
      EXPECT_EQ(RecordingAnnotator::looking_away(), 2);
    }
    EXPECT_EQ(RecordingAnnotator::looking_away(), 1);
  }
  EXPECT_EQ(RecordingAnnotator::looking_away(), 0);
}

TEST(ToyPoolTest, TellsOfItsMemoryBeforeItsBlocks) {
  RecordingAnnotator::take();
  {
    ToyPool pool(RecordingAnnotator::table());
    char* block = pool.allocate(40);
    pool.free(block, 40);
  }
  const std::vector<std::string> told = RecordingAnnotator::take();
  EXPECT_THAT(told, ElementsAre(HasSubstr("pool_created"), HasSubstr("pool_memory_added"),
                                HasSubstr("block_handed_out"), HasSubstr("block_freed"),
                                HasSubstr("pool_memory_removed"), HasSubstr("pool_destroyed")));
}

}  // namespace
}  // namespace arenite
