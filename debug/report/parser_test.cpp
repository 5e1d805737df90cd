// SPDX-License-Identifier: MIT
// Reads our texts as fuzzers and CI systems read AddressSanitizer's: by regular expressions of the
// shape they use, line by line.
#include <optional>
#include <regex>

#include <gtest/gtest.h>

#include "debug/report/golden.hpp"
#include "debug/report/leak_report.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

/// The first match of a regular expression, its groups joined by '|'.
std::optional<std::string> first(const std::string& text, const std::string& pattern) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(pattern))) return std::nullopt;
  std::string groups;
  for (std::size_t i = 1; i < found.size(); ++i) groups += (i == 1 ? "" : "|") + found[i].str();
  return groups;
}

constexpr const char* kError =
    "ERROR: AddressSanitizer: ([a-z-]+) on (?:unknown )?address (0x[0-9a-f]+)";
constexpr const char* kSegv =
    "ERROR: AddressSanitizer: SEGV on unknown address (0x[0-9a-f]+) \\(pc (0x[0-9a-f]+) bp "
    "(0x[0-9a-f]+) sp (0x[0-9a-f]+) T(\\d+)\\)";
constexpr const char* kAttempt = "ERROR: AddressSanitizer: attempting (double-free|free) on ";
constexpr const char* kMismatch =
    "ERROR: AddressSanitizer: alloc-dealloc-mismatch \\((.+) vs (.+)\\) on (0x[0-9a-f]+)";
constexpr const char* kAccess = "(READ|WRITE) of size (\\d+) at (0x[0-9a-f]+) thread T(\\d+)";
constexpr const char* kRegion =
    "(\\d+) bytes (after|before|inside of) (\\d+)-byte region \\[(0x[0-9a-f]+),(0x[0-9a-f]+)\\)";
constexpr const char* kRawFrame =
    "#(\\d+) 0x([0-9a-f]+) +\\((.+)\\+0x([0-9a-f]+)\\) \\(BuildId: ([0-9a-f]+)\\)";
constexpr const char* kSummary = "SUMMARY: AddressSanitizer: ([A-Za-z_-]+) ";
constexpr const char* kLeak =
    "(Direct|Indirect) leak of (\\d+) byte\\(s\\) in (\\d+) object\\(s\\)";

TEST(Parsers, FindKindAddressAndAccess) {
  Report report = report_on_block(Fault::heap_buffer_overflow, kBlock + 12);
  report.access = Access::read;
  report.access_bytes = 4;
  const std::string text = text_of(report, Ending::aborting);
  EXPECT_EQ(first(text, kError), "heap-buffer-overflow|0x7f000000104c");
  EXPECT_EQ(first(text, kAccess), "READ|4|0x7f000000104c|0");
  EXPECT_EQ(first(text, kRegion), "2|after|10|0x7f0000001040|0x7f000000104a");
  EXPECT_EQ(first(text, kRawFrame), "1|000000401136|/bin/program|1136|4f1d00ff");
  EXPECT_EQ(first(text, kSummary), "heap-buffer-overflow");
  EXPECT_EQ(first(text, "==(\\d+)==ABORTING"), "4711");
}

TEST(Parsers, FindNoSizeWhereNoneIsKnown) {
  const std::string text = text_of(report_on_block(Fault::heap_buffer_overflow, kBlock + 10));
  EXPECT_EQ(first(text, kAccess), std::nullopt);
  EXPECT_EQ(first(text, "\n(WRITE) "), "WRITE");
  EXPECT_EQ(first(text, "ABORTING"), std::nullopt);
}

TEST(Parsers, FindTheStacksOfAFreedBlock) {
  Report report = report_on_block(Fault::heap_use_after_free, kBlock + 5);
  make_freed(report);
  const std::string text = text_of(report);
  EXPECT_EQ(first(text, kError), "heap-use-after-free|0x7f0000001045");
  EXPECT_EQ(first(text, kRegion), "5|inside of|10|0x7f0000001040|0x7f000000104a");
  EXPECT_EQ(first(text, "\nfreed by thread T(\\d+) here:\n +#0 "), "1");
  EXPECT_EQ(first(text, "\npreviously allocated by thread T(\\d+) here:\n +#0 "), "0");
}

TEST(Parsers, FindFaultsOfPointers) {
  EXPECT_EQ(first(text_of(report_on_block(Fault::double_free, kBlock)), kAttempt), "double-free");
  EXPECT_EQ(first(text_of(report_on_block(Fault::bad_free, kBlock)), kAttempt), "free");
  const std::string mismatch = text_of(report_on_block(Fault::alloc_dealloc_mismatch, kBlock));
  EXPECT_EQ(first(mismatch, kMismatch), "malloc|free|0x7f0000001040");
  const std::string segv = text_of(report_on_block(Fault::wild_access, 0x1000));
  EXPECT_EQ(first(segv, kSegv), "0x000000001000|0x7d0000001235|0x7fff00000010|0x7fff00000000|0");
  EXPECT_EQ(first(segv, kAttempt), std::nullopt);
}

TEST(Parsers, FindOneSummaryInEveryText) {
  for (unsigned fault = 0; fault <= static_cast<unsigned>(Fault::wild_access); ++fault) {
    const std::string text = text_of(report_on_block(static_cast<Fault>(fault), kBlock));
    const std::regex summary("(^|\n)SUMMARY: AddressSanitizer: \\S+ \\(/bin/program\\+0x1136\\)");
    const std::sregex_iterator begin(text.begin(), text.end(), summary);
    EXPECT_EQ(std::distance(begin, std::sregex_iterator()), 1) << text;
  }
}

TEST(Parsers, FindLeaks) {
  LeakGroup group;
  group.bytes = 21;
  group.objects = 2;
  group.allocated = frames({0x401101});
  LeakReport report;
  report.groups = {&group, 1};
  Kept kept;
  print_leaks_text(report, kMadeUpNames, kept.sink());
  EXPECT_EQ(first(kept.text(), kLeak), "Direct|21|2");
  EXPECT_TRUE(first(kept.text(), "ERROR: LeakSanitizer: detected memory leaks"));
  EXPECT_EQ(first(kept.text(), "SUMMARY: AddressSanitizer: (\\d+) byte\\(s\\) leaked in (\\d+)"),
            "21|2");
}

}  // namespace
}  // namespace arenite
