// SPDX-License-Identifier: MIT
// `arenite run`: what it puts into the environment, and its walk over a program's allocations.
#include <fstream>

#include <gmock/gmock.h>

#include "debug/cli/cli_fixture.hpp"

namespace arenite::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kStandIn = ARENITE_STAND_IN;
const std::string kStarved = ARENITE_STARVED;

/// With a library that does nothing at all, so that the program alone acts on ARENITE_OPTIONS.
Output run(const std::string& arguments, const std::string& options = "") {
  return shell("ARENITE_LIBRARY=" + kStandIn + " ARENITE_OPTIONS='" + options + "' " + kCli +
               " run " + arguments);
}

/// What ARENITE_OPTIONS becomes.
std::string options_of(const std::string& arguments, const std::string& options = "") {
  const Output output = run(arguments + " -- printenv ARENITE_OPTIONS", options);
  EXPECT_EQ(output.code, 0) << output.text;
  return output.text.substr(0, output.text.find('\n'));
}

const std::string kSymbolizer = "symbolizer=" + std::filesystem::canonical(kCli).string();

/// A program that acts as if its allocations failed, `allocations` of them.
class Walked {
 public:
  /// `act`: what a shell does when allocation $n failed.
  explicit Walked(const std::string& act, int allocations = 6, const std::string& otherwise = ":") {
    std::ofstream(file_.path) << "n=${ARENITE_OPTIONS##*fail_at=}; n=${n%%:*}\n"
                              << "record=${ARENITE_OPTIONS##*fail_record=}; record=${record%%:*}\n"
                              << "if [ $n -gt " << allocations << " ]; then " << otherwise
                              << "; exit; fi\n"
                              << "echo allocation $n of 100 bytes >> $record\n"
                              << act << "\n";
  }
  Output each(const std::string& arguments = "", const std::string& behind = "") const {
    return run("--fail-each " + arguments + " -- sh " + file_.path + behind);
  }
  Json json(const std::string& arguments = "") const {
    return each("--format json " + arguments).json();
  }

 private:
  TemporaryFile file_;
};

TEST(Environment, holds_the_options_of_the_command_line) {
  EXPECT_EQ(options_of(""), kSymbolizer);
  EXPECT_EQ(options_of("--mode debug"), "mode=debug:" + kSymbolizer);
  EXPECT_EQ(options_of("--quarantine-mb 64 --leaks --no-ranges --on-error exit=3 --size -100"),
            "leaks=on:on_error=exit=3:quarantine_mb=64:ranges=off:size=-100:" + kSymbolizer);
  EXPECT_EQ(options_of("--seed 1 --seed=2"), "seed=2:" + kSymbolizer);
  EXPECT_EQ(options_of("--log-path '/a:b\\c'"), "log_path=/a\\:b\\\\c:" + kSymbolizer);
}

TEST(Environment, is_added_to) {
  EXPECT_EQ(options_of("--mode page", "mode=debug:x=y"), "mode=debug:x=y:mode=page:" + kSymbolizer);
  EXPECT_EQ(options_of("--seed 1", "log_path=/a\\"), "log_path=/a\\\\:seed=1:" + kSymbolizer);
  EXPECT_EQ(options_of("--seed 1", "log_path=/a\\\\"), "log_path=/a\\\\:seed=1:" + kSymbolizer);
  EXPECT_EQ(options_of("", "symbolizer=/x"), "symbolizer=/x");
  EXPECT_EQ(options_of("--symbolizer /y", "symbolizer=/x"), "symbolizer=/x:symbolizer=/y");
}

TEST(Environment, is_shown) {
  const Output output = run("--print --mode debug --log-path 'a b' -- /nonexistent");
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.text, "LD_PRELOAD=" + kStandIn +
                             "\nARENITE_OPTIONS='log_path=a b:mode=debug:" + kSymbolizer + "'\n");
  EXPECT_EQ(run("--print").code, 0);
}

TEST(Mistakes, are_told_with_the_library_s_words) {
  const auto expect = [](const std::string& arguments, const std::string& words) {
    const Output output = run(arguments + " -- echo started");
    EXPECT_EQ(output.code, 64) << output.text;
    EXPECT_THAT(output.text, HasSubstr(words));
    EXPECT_THAT(output.text, Not(HasSubstr("started")));
  };
  expect("--mode debgu", "mode: \"debgu\" is none of fast, sample, debug, page; did you mean");
  expect("--mode fast:seed=1", "mode: \"fast:seed=1\" is none of");
  expect("--sample-rate x", "sample_rate: \"x\" is not a number from 1 to 4294967295");
  expect("--leaks=maybe", "leaks: \"maybe\" is none of on, off");
  expect("--leaks off", "write --leaks=off");
  expect("--quarantin-mb 3", "\"--quarantin-mb\"; did you mean \"--quarantine-mb\"?");
  expect("--fail-eech", "did you mean \"--fail-each\"?");
  expect("--timeout 3", "--timeout requires --fail-each");
  expect("--fail-each --timeout 0", "--timeout");
  expect("--fail-each --fail-from 0", "--fail-from");
  expect("--fail-each --fail-at 3", "--fail-at does not go with --fail-each");
  EXPECT_EQ(run("--mode debug").code, 64);
  // The library itself tells that it caps.
  EXPECT_EQ(run("--quarantine-mb 20000 -- true").code, 0);
}

TEST(FailEach, all_is_handled) {
  const Output output = Walked("exit 0").each();
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_EQ(output.text,
            "6 allocations made to fail one at a time: 6 handled (exit 0), 0 ended with another "
            "exit status, 0 crashed\n");
}

TEST(FailEach, every_way_to_end) {
  const Walked walked(
      "case $n in 2|3) echo $n was refused >&2; kill -SEGV $$;; 4) exit 7;;"
      " 5) echo \"==$$==ERROR: AddressSanitizer: double-free on 0x7f00\" >&2; exit 1;; esac");
  const Output text = walked.each("--mode debug");
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.text, HasSubstr("SIGSEGV: 2 times, when this allocation failed: 2-3\n"
                                   "  the first: allocation 2 of 100 bytes\n"
                                   "  | 2 was refused\n"
                                   "  again: arenite run --fail-at 2 --mode=debug -- sh "));
  EXPECT_THAT(text.text, HasSubstr("6 allocations made to fail one at a time: 2 handled (exit 0), "
                                   "1 ended with another exit status, 3 crashed (2 by a signal, 1 "
                                   "with a report, 0 timed out)"));
  const Json json = walked.json();
  EXPECT_EQ(json["exit"], 1);
  EXPECT_EQ(json["failed"], 6);
  EXPECT_EQ(json["handled"], 2);
  ASSERT_EQ(json["groups"].size(), 3u);
  EXPECT_EQ(json["groups"][0]["verdict"], "signal");
  EXPECT_THAT(json["groups"][0]["serials"], ElementsAre(2, 3));
  EXPECT_EQ(json["groups"][0]["end"]["signal"], SIGSEGV);
  EXPECT_EQ(json["groups"][1]["what"], "exit status 7");
  EXPECT_EQ(json["groups"][2]["verdict"], "report");
  EXPECT_THAT(json["groups"][2]["what"].get<std::string>(), HasSubstr("double-free"));
  EXPECT_EQ(json["groups"][2]["end"]["status"], 1);
  EXPECT_EQ(json["undisturbed"]["status"], 0);
}

/// Addresses and process ids are of one run.
TEST(FailEach, reports_that_differ_in_numbers_are_one) {
  const Json json = Walked(
                        "echo \"==$$==ERROR: AddressSanitizer: double-free on 0x7f0abc$n\" >&2;"
                        " echo block $n$n$n >&2; exit 1",
                        12)
                        .json();
  ASSERT_EQ(json["groups"].size(), 1u) << json;
  EXPECT_EQ(json["groups"][0]["serials"].size(), 12u);
  EXPECT_EQ(json["reports"], 12);
}

/// The status tells enough of a program that refuses.
TEST(FailEach, what_was_said_tells_crashes_apart_but_no_refusals) {
  const Json json = Walked(
                        "case $n in 1) echo no cat >&2; exit 7;; 2) echo no dog >&2; exit 7;;"
                        " 3) echo cat >&2; kill -BUS $$;; 4) echo dog >&2; kill -BUS $$;; esac",
                        4)
                        .json();
  ASSERT_EQ(json["groups"].size(), 3u) << json;
  EXPECT_THAT(json["groups"][0]["serials"], ElementsAre(1, 2));
  EXPECT_THAT(json["groups"][1]["serials"], ElementsAre(3));
  EXPECT_THAT(json["groups"][2]["serials"], ElementsAre(4));
}

/// The program knows where the record is, and a terminal obeys it.
TEST(FailEach, what_a_terminal_would_obey_in_the_record) {
  const Json json = Walked("printf 'a\\033b\\001\\n' > $record; kill -BUS $$", 1).json();
  EXPECT_EQ(json["groups"][0]["record"], "a?b?");
}

TEST(FailEach, what_takes_too_long_is_stopped) {
  // Whether the shell hangs with the pipe in its own hands or its child's does not matter.
  const Json json = Walked("sleep 1000").json("--timeout 4 --fail-from 3 --fail-most 1");
  EXPECT_EQ(json["timeouts"], 1);
  EXPECT_EQ(json["exit"], 1);
  EXPECT_THAT(json["groups"][0]["serials"], ElementsAre(3));
  EXPECT_FALSE(json.contains("undisturbed"));
}

TEST(FailEach, from_and_most) {
  const Walked walked("exit $n");
  const Json json = walked.json("--fail-from 2 --fail-most 3");
  EXPECT_EQ(json["failed"], 3);
  EXPECT_EQ(json["exit"], 0);
  EXPECT_THAT(json["groups"][2]["serials"], ElementsAre(4));
  EXPECT_EQ(walked.json("--fail-from 7")["exit"], 2);
}

TEST(FailEach, programs_that_cannot_be_told) {
  const auto expect = [](const Output& output, const char* words) {
    EXPECT_EQ(output.code, 2) << output.text;
    EXPECT_THAT(output.text, HasSubstr(words));
  };
  expect(run("--fail-each -- true"), "no allocation was made to fail");
  expect(run("--fail-each -- /nonexistent"), "/nonexistent: No such file");
  expect(Walked("exit 0", 2, "kill -ABRT $$").each(),
         "with no allocation made to fail, the program ends so: SIGABRT");
  expect(Walked("kill -ABRT $$", 2, "kill -ABRT $$").each(), "the program ends so: SIGABRT");
  const Output refused = Walked("exit 0", 2, "exit 3").each();
  EXPECT_EQ(refused.code, 0);
  EXPECT_THAT(refused.text, HasSubstr("with no allocation made to fail: exit status 3"));
}

TEST(FailEach, needs_a_folder_to_write_in) {
  const auto in = [](const std::string& folder) {
    const Output output = shell("TMPDIR=" + folder + " ARENITE_LIBRARY=" + kStandIn + " " + kCli +
                                " run --fail-each -- true");
    EXPECT_EQ(output.code, 2) << output.text;
    return output.text;
  };
  EXPECT_THAT(in("/nonexistent"), HasSubstr("arenite: cannot go on: "));
  EXPECT_THAT(in("/proc"), HasSubstr("arenite: /proc/arenite-"));
  EXPECT_THAT(in("/proc"), HasSubstr(" cannot be made: "));
  const TemporaryFile place;
  const std::string deep = place.path + "/" + std::string(250, 'a') + "/" + std::string(250, 'b');
  std::filesystem::create_directories(deep);
  EXPECT_THAT(in(deep), HasSubstr("fail_record"));
  EXPECT_TRUE(std::filesystem::is_empty(deep));
  std::filesystem::remove_all(place.path);
}

/// The one file that may be opened yet is the one for signals.
TEST(FailEach, needs_files_that_may_be_opened) {
  // Whoever runs the test may have left files open.
  const Output output =
      shell("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 4; ARENITE_LIBRARY=" + kStandIn +
            " " + kCli + " run --fail-each -- true");
  EXPECT_EQ(output.code, 2);
  EXPECT_EQ(output.text, "arenite: no pipe could be had: Too many open files\n");
}

TEST(FailEach, an_interrupt_prints_what_is_known) {
  const Output crashed =
      Walked("case $n in 2) kill -SEGV $$;; 4) kill -INT $PPID; sleep 1000;; esac").each();
  EXPECT_EQ(crashed.code, 1);
  EXPECT_THAT(crashed.text, HasSubstr("3 allocations made to fail"));
  EXPECT_THAT(crashed.text, HasSubstr("; interrupted"));
  const Output sound = Walked("[ $n != 4 ] || { kill -INT $PPID; sleep 1000; }").each();
  EXPECT_EQ(sound.code, 2);
  EXPECT_THAT(sound.text, HasSubstr("cannot tell: interrupted"));
}

TEST(FailEach, much_output_and_what_a_terminal_would_obey) {
  const Json json = Walked(
                        "yes | head -c 3000000 >&2; printf 'last \\033[2J\\001\\n' >&2; echo out;"
                        " kill -BUS $$",
                        1)
                        .json();
  const Json lines = json["groups"][0]["end"]["stderr"];
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "y");
  EXPECT_EQ(lines[5], "last ?[2J?");
}

TEST(FailEach, the_input_is_given_to_each_run) {
  const TemporaryFile input;
  const std::string path = input.path + "_input";
  std::ofstream(path) << "hello\n";
  EXPECT_THAT(Walked("read word; [ \"$word\" = hello ]").each("", " < " + path).text,
              HasSubstr("6 handled"));
  EXPECT_THAT(Walked("read word; [ \"$word\" = hello ]").each("", " < /dev/null").text,
              HasSubstr("0 handled (exit 0), 6 ended"));
  std::filesystem::remove(path);
}

TEST(FailEach, what_a_run_leaves_behind_does_not_hold_up) {
  EXPECT_THAT(Walked("sleep 1000 & exit 0").each().text, HasSubstr("6 handled"));
}

TEST(FailEach, the_programs_own_settings_of_reports_do_not_count) {
  const Walked walked(
      "case $ARENITE_OPTIONS in *:format=text:log_path=:*:fail_at=$n) exit 0;; *) exit 9;; esac");
  EXPECT_THAT(walked.each("--log-path /dev/null").text, HasSubstr("6 handled"));
}

TEST(FailEach, progress_is_shown_on_a_terminal) {
  const TemporaryFile file;
  const std::string program = file.path + "_slow";
  std::ofstream(program)
      << "[ -e \"$0.2\" ] && exit; [ -e \"$0.1\" ] && : > \"$0.2\"; : > \"$0.1\"\n"
      << "record=${ARENITE_OPTIONS##*fail_record=}\n"
      << "echo failed >> ${record%%:*}; sleep 0.2\n";
  const std::string command = kCli + " run --fail-each -- sh " + program;
  const Output output =
      shell("ARENITE_LIBRARY=" + kStandIn + " script -qec '" + command + "' /dev/null < /dev/null");
  for (const char* end : {"", ".1", ".2"}) std::filesystem::remove(program + end);
  if (output.code == 127) GTEST_SKIP() << output.text;
  EXPECT_THAT(output.text, HasSubstr("2 allocations made to fail, "));
}

/// With the library itself. The program makes three blocks and minds, or not, that there are none.
TEST(FailEach, with_the_library) {
  const auto each = [](const std::string& how) {
    return arenite("run --fail-each --format json -- " + kStarved + " " + how).json();
  };
  const Json careful = each("careful");
  EXPECT_EQ(careful["exit"], 0) << careful;
  EXPECT_GE(careful["failed"], 3);
  const Json careless = each("careless");
  EXPECT_EQ(careless["exit"], 1) << careless;
  EXPECT_EQ(careless["signals"], 1) << careless;
  EXPECT_NE(careless["groups"][0]["record"], "");
}

}  // namespace
}  // namespace arenite::cli
