// SPDX-License-Identifier: MIT
// The texts of faults of bytes, letter for letter, and what all texts share.
#include "debug/report/text.hpp"

#include <gtest/gtest.h>

#include "debug/report/golden.hpp"
#include "debug/report/stack_text.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

const std::string kError = "==4711==ERROR: AddressSanitizer: ";
const std::string kRegisters = " at pc 0x7d0000001235 bp 0x7fff00000010 sp 0x7fff00000000\n";

TEST(Text, SaysOfChangedGuardBytesWhatIsKnownOfThem) {
  Report report = report_on_block(Fault::heap_buffer_overflow, kBlock + 10);
  std::strcpy(report.detail, "3 bytes differ");
  add_surroundings(report);
  add_neighbours(report);
  EXPECT_EQ(
      text_of(report, Ending::aborting),
      "arenite: found by mode=debug: bytes behind a block were changed, seen by free; "
      "3 bytes differ\n" +
          kRule + kError + "heap-buffer-overflow on address 0x7f000000104a" + kRegisters +
          "WRITE of unknown size some time before this, found by free in thread T0\n" + kHere +
          region("0x7f000000104a", "0 bytes after") + kAllocated +
          "SUMMARY: AddressSanitizer: heap-buffer-overflow" + kCulprit +
          "arenite: memory around 0x7f000000104a:\n"
          "  0x7f0000001030: fd fd fd fd fd fd fd fd fd fd fd fd fd fd fd fd  gggggggggggggggg\n"
          "=>0x7f0000001040: cd cd cd cd cd cd cd cd cd cd[41]fd fd fd fd fd  uuuuuuuuuu[g]ggggg\n"
          "  0x7f0000001050: fd fd fd fd fd fd fd --                          ggggggg-\n"
          "  u: of a live block  g: guard  s: slack between block and guard  f: of a freed block"
          "  -: not readable  ?: not known\n" +
          kMallocBlock +
          "arenite: the block before: 8 bytes at 0x7f0000001000, 66 bytes before the bad address, "
          "serial 41, live, from malloc in thread T0\n"
          "arenite: the block behind: 100 bytes at 0x7f0000001080, 54 bytes behind the bad "
          "address, serial 40, freed, from operator new [] in thread T3\n" +
          kAgain + kStop + "==4711==ABORTING\n");
}

TEST(Text, SaysOfANeighbourThatReachesOverTheBadByteThatItDoes) {
  Report report = report_on_block(Fault::heap_buffer_overflow, kBlock + 10);
  add_neighbours(report);
  // As a record says that was overwritten.
  report.before.facts.size = 1000;
  const std::string text = text_of(report);
  EXPECT_NE(text.find("arenite: the block before: 1000 bytes at 0x7f0000001000, around the bad "
                      "address, serial 41"),
            std::string::npos)
      << text;
}

TEST(Text, SaysWhoReadBehindABlock) {
  Report report = report_on_block(Fault::heap_buffer_overflow, kBlock + 12);
  report.access = Access::read;
  report.access_bytes = 4;
  report.operation = "memcpy";
  report.thread = 2;
  EXPECT_EQ(text_of(report),
            "arenite: found by mode=debug: bytes behind a block were read by memcpy\n" + kRule +
                kError + "heap-buffer-overflow on address 0x7f000000104c" + kRegisters +
                "READ of size 4 at 0x7f000000104c thread T2\n" + kHere +
                region("0x7f000000104c", "2 bytes after") + kAllocated +
                "SUMMARY: AddressSanitizer: heap-buffer-overflow" + kCulprit + kMallocBlock +
                kAgain + kStop);
}

TEST(Text, CallsAnUnderflowAsAddressSanitizerDoes) {
  Report report = report_on_block(Fault::heap_buffer_underflow, kBlock - 3);
  report.access = Access::write;
  report.here = frames({0x401137}, true);
  report.operation = "";
  report.mode = "page";
  EXPECT_EQ(text_of(report),
            "arenite: found by mode=page: bytes before a block were written\n" + kRule + kError +
                "heap-buffer-overflow on address 0x7f000000103d" + kRegisters +
                "WRITE of unknown size at 0x7f000000103d thread T0\n"
                "    #0 0x000000401137  (/bin/program+0x1137) (BuildId: 4f1d00ff)\n\n" +
                region("0x7f000000103d", "3 bytes before") + kAllocated +
                "SUMMARY: AddressSanitizer: heap-buffer-overflow (/bin/program+0x1137) "
                "(BuildId: 4f1d00ff)\n" +
                kMallocBlock + kAgain + kStop);
}

TEST(Text, ShowsWhereAFreedBlockWasFreed) {
  Report report = report_on_block(Fault::heap_use_after_free, kBlock + 5);
  make_freed(report);
  report.operation = "check at exit";
  EXPECT_EQ(
      text_of(report),
      "arenite: found by mode=debug: bytes of a freed block were changed, seen by check at exit\n" +
          kRule + kError + "heap-use-after-free on address 0x7f0000001045" + kRegisters +
          "WRITE of unknown size some time before this, found by check at exit in thread T0\n" +
          kHere + region("0x7f0000001045", "5 bytes inside of") + kFreed + kAllocated +
          "SUMMARY: AddressSanitizer: heap-use-after-free" + kCulprit + kMallocBlock + kAgain +
          kStop);
}

TEST(Text, SaysOfAWildAccessThatItIsASignal) {
  Report report = report_on_block(Fault::wild_access, 0x123456);
  report.block = {};
  report.operation = "";
  report.access = Access::read;
  EXPECT_EQ(text_of(report),
            "arenite: found by mode=debug: an access to memory of the heap that is no block's\n" +
                kRule + kError +
                "SEGV on unknown address 0x000000123456 (pc 0x7d0000001235 bp 0x7fff00000010 sp "
                "0x7fff00000000 T0)\n==4711==The signal is caused by a READ memory access.\n" +
                kHere + "SUMMARY: AddressSanitizer: SEGV" + kCulprit + kAgain);
}

TEST(Text, HasThePcOfTheFirstFrameWhereNoOtherIsKnown) {
  Report report = report_on_block(Fault::heap_use_after_free, kBlock);
  const auto pc = [&] {
    const std::string text = text_of(report);
    const std::size_t at = text.find(" at pc ");
    return text.substr(at, text.find(" bp ", at) - at);
  };
  EXPECT_EQ(pc(), " at pc 0x7d0000001235");
  report.pc = 1;
  EXPECT_EQ(pc(), " at pc 0x000000000001");
  report.pc = 0;
  report.here = frames({0x401137});
  EXPECT_EQ(pc(), " at pc 0x000000401137");
  report.here = {};
  EXPECT_EQ(pc(), " at pc 0x000000000000");
}

TEST(Text, BracketsTheBadByteAtBothEndsOfARow) {
  Report report = report_on_block(Fault::heap_buffer_underflow, kBlock - 16);
  add_surroundings(report);
  EXPECT_NE(text_of(report).find("=>0x7f0000001030:[41]fd fd"), std::string::npos);
  report.address = kBlock - 1;
  add_surroundings(report);
  EXPECT_NE(text_of(report).find("fd fd[41] ggggggggggggggg[g]\n  0x7f0000001040: cd cd"),
            std::string::npos);
}

TEST(Text, NamesTheFirstFrameIfAllAreBetween) {
  Report report = report_on_block(Fault::double_free, kBlock);
  report.here = frames({0x7d0000001235, 0x7e0000027250});
  EXPECT_NE(text_of(report).find("double-free (/opt/libarenite.so.0+0x1234)\n"), std::string::npos);
}

TEST(Text, KeepsASeedThatTheSettingsHave) {
  Report report = report_on_block(Fault::double_free, kBlock);
  report.settings = "seed=5:mode=page";
  EXPECT_NE(text_of(report).find("again: ARENITE_OPTIONS=seed=5:mode=page PROGRAM\n"),
            std::string::npos);
  report.settings = "mode=page:seed=";
  EXPECT_NE(text_of(report).find("again: ARENITE_OPTIONS=mode=page:seed= PROGRAM\n"),
            std::string::npos);
  report.settings = "fail_seed=5";
  EXPECT_NE(text_of(report).find("again: ARENITE_OPTIONS=fail_seed=5:seed=77 PROGRAM\n"),
            std::string::npos);
  report.settings = "";
  EXPECT_NE(text_of(report).find("again: ARENITE_OPTIONS=seed=77 PROGRAM\n"), std::string::npos);
}

TEST(Text, QuotesSettingsForTheShell) {
  Report report = report_on_block(Fault::double_free, kBlock);
  report.settings = "module=*/lib it's*:seed=5";
  EXPECT_NE(text_of(report).find(R"(ARENITE_OPTIONS='module=*/lib it'\''s*:seed=5' PROGRAM)"),
            std::string::npos);
}

/// A path as long as the system lets it be, with a line's end in it.
bool find_long(void*, Address pc, FrameName& name) {
  static const std::string path = "/" + std::string(4094, 'x') + "\n";
  name = {path, pc, {}};
  return true;
}

TEST(Text, LeavesOutFramesThatHaveNoRoomAndNothingElse) {
  Report report = report_on_block(Fault::heap_use_after_free, kBlock);
  make_freed(report);
  for (Frames* stack : {&report.here, &report.block.allocated, &report.block.freed}) {
    stack->count = kMaxFrames;
    for (unsigned i = 0; i < kMaxFrames; ++i) stack->pc[i] = 0x1000 + i;
  }
  Kept kept;
  print_text(report, {nullptr, &find_long}, Ending::aborting, kept.sink());
  const std::string& text = kept.text();
  EXPECT_LT(text.size(), 200u << 10);
  std::size_t cuts = 0;
  for (std::size_t at = 0;
       (at = text.find("    ... 53 more frames are left out\n\n", at)) != std::string::npos; ++at)
    ++cuts;
  EXPECT_EQ(cuts, 3u);
  EXPECT_NE(text.find("    #10 0x000000001009  (/xxx"), std::string::npos);
  EXPECT_NE(text.find("xx\\x0a+0x1009)\n"), std::string::npos);
  EXPECT_NE(text.find("SUMMARY: AddressSanitizer: heap-use-after-free (/xxx"), std::string::npos);
  EXPECT_TRUE(text.ends_with(kStop + "==4711==ABORTING\n"));
}

}  // namespace
}  // namespace arenite
