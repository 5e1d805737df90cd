// SPDX-License-Identifier: MIT
#include "debug/cli/progress.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/units.hpp"

namespace arenite::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// A terminal whose time the test sets, and what was written to it.
class ProgressTest : public ::testing::Test {
 protected:
  ~ProgressTest() override {
    std::fclose(file_);
    std::free(text_);
  }

  Progress::Terminal terminal(bool there) {
    return {file_, there, [] { return Progress::Clock::time_point(time); }};
  }
  /// What was written since the last call.
  std::string written() {
    std::fflush(file_);
    const std::string all(text_, size_);
    const std::string since = all.substr(seen_);
    seen_ = all.size();
    return since;
  }

  static inline milliseconds time{};

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0, seen_ = 0;
  std::FILE* file_ = ::open_memstream(&text_, &size_);
};

TEST_F(ProgressTest, says_nothing_for_two_seconds_then_rate_and_time_left) {
  Progress progress("reading blocks", terminal(true));
  for (; time < milliseconds(2000); time += milliseconds(10)) progress.at(1 << 20, 1 << 30);
  EXPECT_EQ(written(), "");
  progress.at(256 << 20, 1 << 30);
  EXPECT_EQ(written(), "\r\033[Kreading blocks: 256 MiB of 1.0 GiB, 128 MiB/s, 6 s left");
}

TEST_F(ProgressTest, at_most_ten_times_a_second) {
  Progress progress("reading", terminal(true));
  int lines = 0;
  const milliseconds begin = time;
  for (; time < begin + milliseconds(4000); time += milliseconds(1)) {
    progress.at(1, 2);
    lines += written().empty() ? 0 : 1;
  }
  EXPECT_EQ(lines, 20);
}

TEST_F(ProgressTest, is_gone_before_the_answer) {
  {
    Progress progress("reading", terminal(true));
    time += milliseconds(3000);
    progress.at(1, 2);
    EXPECT_THAT(written(), HasSubstr("reading"));
    progress.clear();
    EXPECT_EQ(written(), "\r\033[K");
    progress.clear();
  }
  EXPECT_EQ(written(), "") << "what is not there is not cleared";
}

TEST_F(ProgressTest, only_on_a_terminal) {
  {
    Progress progress("reading", terminal(false));
    time += milliseconds(5000);
    progress.told()(1, 2);
  }
  EXPECT_EQ(written(), "");
}

TEST(ProgressLine, without_an_end_in_sight) {
  EXPECT_EQ(Progress::line("reading", 0, 1 << 20, 3), "reading: 0 B of 1.0 MiB, 0 B/s");
  EXPECT_EQ(Progress::line("reading", 5, 3, 1), "reading: 5 B of 3 B, 5 B/s");
}

TEST(UnitsTest, BytesHaveThreeFiguresOrFour) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(102348), "99.9 KiB");
  EXPECT_EQ(bytes_text(102349), "100 KiB");
  EXPECT_EQ(bytes_text(1048063), "1023 KiB");
  EXPECT_EQ(bytes_text(1048064), "1.0 MiB");
  EXPECT_EQ(bytes_text(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(bytes_text(std::uint64_t{1} << 40), "1.0 TiB");
  EXPECT_EQ(bytes_text(std::uint64_t{1} << 50), "1.0 PiB");
  EXPECT_EQ(bytes_text(~std::uint64_t{0}), "16.0 EiB");
}

TEST(UnitsTest, PercentOfNothingIsNothing) {
  EXPECT_EQ(percent(1, 4), 25.0);
  EXPECT_EQ(percent(3, 0), 0.0);
}

}  // namespace
}  // namespace arenite::cli
