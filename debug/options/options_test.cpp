// SPDX-License-Identifier: MIT
#include "debug/options/options.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/options/nearest.hpp"
#include "debug/options/option_table.hpp"

namespace arenite {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Lines = std::vector<std::string>;

void keep(void* lines, const char* line) {
  static_cast<Lines*>(lines)->emplace_back(line);
}

struct Outcome {
  Options options;
  Lines complaints;
};

Outcome read(std::string_view text) {
  Outcome outcome;
  read_options(text, outcome.options, keep, &outcome.complaints);
  return outcome;
}

/// What is read without a complaint.
Options sound(std::string_view text) {
  const Outcome outcome = read(text);
  EXPECT_THAT(outcome.complaints, IsEmpty()) << text;
  return outcome.options;
}

std::string print(const Options& options) {
  char text[8192];
  const std::size_t size = print_options(options, text, sizeof text);
  EXPECT_EQ(text[size], '\0');
  return {text, size};
}

/// The one complaint about a text that leaves all as it was.
std::string complaint(std::string_view text) {
  const Outcome outcome = read(text);
  EXPECT_THAT(outcome.complaints, SizeIs(1)) << text;
  EXPECT_EQ(print(outcome.options), "") << text;
  return outcome.complaints.empty() ? "" : outcome.complaints[0];
}

TEST(Read, every_kind_of_value) {
  const Options options = sound(
      "mode=page:sample_rate=7:quarantine_mb=64:guard_bytes=1K:fill=freed:stack_depth=0:align=4:"
      "side=random:seed=18446744073709551615:size=16-2k:from_serial=3:leaks=yes:check_exit=0:"
      "on_error=exit=7:format=json:fail_rate=.25:log_path=/tmp/report.%p");
  EXPECT_EQ(options.mode, Mode::page);
  EXPECT_EQ(options.sample_rate, 7u);
  EXPECT_EQ(options.quarantine_mb, 64u);
  EXPECT_EQ(options.guard_bytes, 1024u);
  EXPECT_EQ(options.fill, Fill::freed);
  EXPECT_EQ(options.stack_depth, 0u);
  EXPECT_EQ(options.align, 4u);
  EXPECT_EQ(options.side, Side::random);
  EXPECT_EQ(options.seed, ~std::uint64_t{0});
  EXPECT_EQ(options.size_min, 16u);
  EXPECT_EQ(options.size_max, 2048u);
  EXPECT_EQ(options.from_serial, 3u);
  EXPECT_TRUE(options.leaks);
  EXPECT_FALSE(options.check_exit);
  EXPECT_EQ(options.on_error, OnError::exit);
  EXPECT_EQ(options.exit_code, 7u);
  EXPECT_EQ(options.format, ReportFormat::json);
  EXPECT_EQ(options.fail_rate, 0.25);
  EXPECT_STREQ(options.log_path, "/tmp/report.%p");
}

TEST(Read, nothing_changes_nothing) {
  for (const char* text : {"", ":", ":::"}) EXPECT_EQ(print(sound(text)), "") << text;
  EXPECT_TRUE(sound("").nothing());
  EXPECT_TRUE(sound("leaks=1").nothing());
  EXPECT_FALSE(sound("mode=debug").nothing());
  EXPECT_FALSE(sound("fail_at=1").nothing());
}

TEST(Read, flags_in_all_their_words) {
  for (const char* word : {"1", "yes", "true", "on"})
    EXPECT_TRUE(sound("leaks=" + std::string(word)).leaks);
  for (const char* word : {"0", "no", "false", "off"})
    EXPECT_FALSE(sound("ranges=" + std::string(word)).ranges);
}

TEST(Read, what_follows_a_report) {
  EXPECT_EQ(sound("on_error=continue").on_error, OnError::go_on);
  EXPECT_EQ(sound("on_error=stop").on_error, OnError::stop);
  EXPECT_EQ(sound("on_error=exit").exit_code, 1u);
  EXPECT_EQ(sound("on_error=exit=255").exit_code, 255u);
  EXPECT_EQ(sound("on_error=exit=9:on_error=abort").exit_code, 1u);
  EXPECT_EQ(complaint("on_error=exit=256"),
            "on_error: \"exit=256\": what follows exit= is not a number from 0 to 255");
  EXPECT_THAT(complaint("on_error=exit="), HasSubstr("what follows exit="));
  EXPECT_THAT(complaint("on_error=abort=1"), HasSubstr("did you mean \"abort\"?"));
}

TEST(Read, sizes) {
  const auto expect = [](const char* text, std::uint64_t least, std::uint64_t most) {
    EXPECT_EQ(sound(text).size_min, least) << text;
    EXPECT_EQ(sound(text).size_max, most) << text;
  };
  expect("size=1-10", 1, 10);
  expect("size=4K-", 4096, ~std::uint64_t{0});
  expect("size=-1M", 0, 1 << 20);
  expect("size=3m-2g", 3 << 20, std::uint64_t{2} << 30);
  expect("size=15g", std::uint64_t{15} << 30, std::uint64_t{15} << 30);
  expect("size=48", 48, 48);
  expect("size=0-0", 0, 0);
  EXPECT_EQ(complaint("size=9-3"), "size: \"9-3\" holds no size");
  for (const char* text :
       {"size=-", "size=", "size=1-2-3", "size=a-b", "size=K", "size=1t", "size=17179869184g"})
    EXPECT_THAT(complaint(text), HasSubstr("is not MIN-MAX, MIN-, -MAX or one size"));
}

TEST(Read, colons_and_backslashes_in_paths) {
  EXPECT_STREQ(sound("log_path=/a\\:b").log_path, "/a:b");
  EXPECT_STREQ(sound("log_path=/a\\\\:leaks=1").log_path, "/a\\");
  EXPECT_TRUE(sound("log_path=/a\\\\:leaks=1").leaks);
  EXPECT_STREQ(sound("module=*\\*=?").module, "*\\*=?");
  EXPECT_STREQ(sound("log_path=/a\\").log_path, "/a\\");
  EXPECT_STREQ(sound("log_path=/a:log_path=").log_path, "");
}

TEST(Read, the_last_one_counts) {
  EXPECT_EQ(sound("mode=page:seed=1:mode=debug:seed=2").mode, Mode::debug);
  EXPECT_EQ(sound("mode=page:seed=1:mode=debug:seed=2").seed, 2u);
}

TEST(Read, over_what_was_there) {
  Options options = sound("mode=page:seed=5");
  read_options("seed=6", options, nullptr, nullptr);
  EXPECT_EQ(print(options), "mode=page:seed=6");
}

TEST(Read, guard_bytes_are_rounded_up_and_the_quarantine_is_capped) {
  EXPECT_EQ(sound("guard_bytes=1").guard_bytes, 16u);
  EXPECT_EQ(sound("guard_bytes=17").guard_bytes, 32u);
  EXPECT_EQ(sound("guard_bytes=64K").guard_bytes, Options::kMaxGuardBytes);
  EXPECT_EQ(sound("quarantine_mb=16384").quarantine_mb, Options::kMaxQuarantineMb);
  const Outcome capped = read("quarantine_mb=20000");
  EXPECT_EQ(capped.options.quarantine_mb, Options::kMaxQuarantineMb);
  EXPECT_THAT(capped.complaints, ElementsAre("quarantine_mb: 20000 is capped at 16384"));
}

TEST(Complain, of_keys) {
  EXPECT_EQ(complaint("quarantin_mb=3"),
            "unknown option \"quarantin_mb\"; did you mean \"quarantine_mb\"?");
  EXPECT_THAT(complaint("detect_leaks=1"), HasSubstr("did you mean \"leaks\"?"));
  EXPECT_THAT(complaint("MODE=debug"), HasSubstr("did you mean \"mode\"?"));
  EXPECT_EQ(complaint("xyzzy=3"), "unknown option \"xyzzy\"; help=1 lists all");
  EXPECT_EQ(complaint("leaks"), "leaks: has no value; write leaks=on|off");
  EXPECT_THAT(complaint("=3"), HasSubstr("unknown option \"\""));
}

TEST(Complain, of_values) {
  EXPECT_EQ(complaint("mode=debgu"),
            "mode: \"debgu\" is none of fast, sample, debug, page; did you mean \"debug\"?");
  EXPECT_EQ(complaint("mode="), "mode: \"\" is none of fast, sample, debug, page");
  EXPECT_EQ(complaint("sample_rate=x"), "sample_rate: \"x\" is not a number from 1 to 4294967295");
  EXPECT_THAT(complaint("leaks=maybe"), HasSubstr("is none of on, off"));
  EXPECT_EQ(complaint("align=3"), "align: \"3\" is not a power of two from 1 to 16");
  for (const char* text :
       {"seed=18446744073709551616", "seed=-1", "seed=", "seed= 1", "seed=1K", "sample_rate=0",
        "stack_depth=65", "guard_bytes=0", "guard_bytes=17179869184G", "guard_bytes=K", "align=32",
        "quarantine_mb=99999999999999999999"})
    EXPECT_THAT(complaint(text), HasSubstr("is not a ")) << text;
  for (const char* text :
       {"1.1", "2", "", ".", "-1", "1e-3", "0.0000000001", "1.000000001", "0.5.5"})
    EXPECT_THAT(complaint("fail_rate=" + std::string(text)), HasSubstr("from 0 to 1")) << text;
}

TEST(Complain, and_go_on) {
  const Outcome outcome = read("mod=fast:mode=debug:seed=x:leaks=1");
  EXPECT_THAT(outcome.complaints, SizeIs(2));
  EXPECT_EQ(print(outcome.options), "mode=debug:leaks=on");
}

TEST(Complain, of_paths_that_do_not_fit) {
  const std::string longest(Options::kTextBytes - 1, 'a');
  EXPECT_EQ(sound("log_path=" + longest).log_path, longest);
  EXPECT_THAT(complaint("log_path=" + longest + "a"), EndsWith("is longer than 255 bytes"));
  EXPECT_THAT(complaint(std::string("log_path=/a\0b", 13)), HasSubstr("NUL"));
}

TEST(Complain, so_that_a_terminal_is_safe_from_it) {
  EXPECT_THAT(complaint(std::string("mode=\0\xff\033[31m\"\n", 14)),
              HasSubstr("mode: \"\\x00\\xff\\x1b[31m\\\"\\x0a\" is none"));
  const std::string huge(1 << 20, 'q');
  EXPECT_LT(complaint(huge).size(), 120u);
  EXPECT_LT(complaint("mode=" + huge).size(), 160u);
}

TEST(Complain, of_long_values_by_their_beginning) {
  const std::string longest(48, 'q');
  EXPECT_THAT(complaint("mode=" + longest), HasSubstr("mode: \"" + longest + "\" is none"));
  EXPECT_THAT(complaint("mode=" + longest + "q"), HasSubstr("\"" + longest + "...\" is none"));
}

TEST(Complain, a_bounded_number_of_times) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += ":q";
  const Lines complaints = read(text).complaints;
  ASSERT_THAT(complaints, SizeIs(kMaxComplaints + 1));
  EXPECT_EQ(complaints.back(), "84 more options were passed over");
}

TEST(Print, only_what_differs) {
  EXPECT_EQ(print(Options{}), "");
  EXPECT_EQ(print(sound("sample_rate=5000:mode=page:on_error=exit=3:size=-9:fail_rate=0.125:"
                        "log_path=a\\:b")),
            "mode=page:size=0-9:on_error=exit=3:log_path=a\\:b:fail_rate=0.125");
}

TEST(Print, leaves_out_what_does_not_fit) {
  const Options options = sound("mode=page:seed=123:leaks=1");
  char text[64] = "untouched";
  EXPECT_EQ(print_options(options, text, 0), 0u);
  EXPECT_STREQ(text, "untouched");
  EXPECT_EQ(print_options(options, text, 1), 0u);
  EXPECT_STREQ(text, "");
  EXPECT_EQ(print_options(options, text, 9), 0u);
  EXPECT_EQ(print_options(options, text, 10), 9u);
  EXPECT_EQ(print_options(options, text, 20), 18u);
  EXPECT_STREQ(text, "mode=page:seed=123");
}

TEST(Help, has_a_line_for_each_key) {
  Lines lines;
  print_option_help(keep, &lines);
  ASSERT_THAT(lines, SizeIs(option_table().size() + 1));
  for (std::size_t i = 0; i < option_table().size(); ++i) {
    EXPECT_THAT(lines[i + 1], HasSubstr(std::string(option_table()[i].name) + "="));
    // In one column, but behind a form that reaches into it.
    const std::size_t meaning = lines[i + 1].find(option_table()[i].meaning);
    ASSERT_NE(meaning, std::string::npos) << lines[i + 1];
    const std::size_t form = lines[i + 1].find_last_not_of(' ', meaning - 1);
    EXPECT_EQ(meaning, std::max<std::size_t>(40, form + 2)) << lines[i + 1];
  }
  EXPECT_THAT(lines[1], HasSubstr("mode=fast|sample|debug|page"));
  EXPECT_THAT(lines[1], EndsWith("(default fast)"));
  EXPECT_THAT(lines[3], EndsWith("(default 32; 0 to 16384)"));
}

TEST(Near, is_what_was_probably_meant) {
  const auto nearest = [](std::string_view written) {
    Nearest found(written);
    for (const OptionRow& row : option_table()) found.offer(row.name);
    return found.word();
  };
  EXPECT_EQ(nearest("quarantine-mb"), "quarantine_mb");
  EXPECT_EQ(nearest("quarantine_size_mb"), "quarantine_mb");
  EXPECT_EQ(nearest("quarantine"), "quarantine_mb");
  EXPECT_EQ(nearest("sead"), "seed");
  EXPECT_EQ(nearest("esed"), "seed");
  EXPECT_EQ(nearest("fail_evrey"), "fail_every");
  EXPECT_EQ(nearest("zz"), "");
  EXPECT_EQ(nearest(std::string(40, 'a')), "");
}

}  // namespace
}  // namespace arenite
