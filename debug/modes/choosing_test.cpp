// SPDX-License-Identifier: MIT
// Which requests are guarded, where the program is stopped, what blocks are filled with, how long
// freed ones are kept: the options that choose.
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ChoosingTest : public testing::TestWithParam<const char*> {
 protected:
  static Outcome run(const std::string& more, const std::vector<std::string>& command) {
    return run_with(in_mode(GetParam(), more), command);
  }
  static std::string output(const std::string& more, const std::vector<std::string>& command) {
    const Outcome outcome = run(more, command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.signal;
    EXPECT_EQ(outcome.errors, "");
    return outcome.output;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, ChoosingTest, testing::Values("debug", "page"),
                         [](const auto& tested) { return std::string(tested.param); });

// Ten blocks of 10, 20, ... 100 bytes; 0 is a block without guards.

TEST_P(ChoosingTest, All) {
  EXPECT_EQ(output("", {"serials"}), "1 2 3 4 5 6 7 8 9 10 \n");
}

/// None is given twice.
TEST_P(ChoosingTest, SerialsOfThreadsAtOnce) {
  const std::uint64_t each = GetParam() == std::string("page") ? 50'000 : 1'000'000;
  EXPECT_EQ(output("quarantine_mb=1", {"serials", std::to_string(each)}),
            std::to_string(2 * each) + "\n");
}

TEST_P(ChoosingTest, FromASerialOn) {
  EXPECT_EQ(output("from_serial=5", {"serials"}), "0 0 0 0 5 6 7 8 9 10 \n");
}

TEST_P(ChoosingTest, OfASize) {
  EXPECT_EQ(output("size=30-50", {"serials"}), "0 0 3 4 5 0 0 0 0 0 \n");
  EXPECT_EQ(output("size=-20", {"serials"}), "1 2 0 0 0 0 0 0 0 0 \n");
  EXPECT_EQ(output("size=90-", {"serials"}), "0 0 0 0 0 0 0 0 9 10 \n");
}

TEST_P(ChoosingTest, OfASizeAndMovedAcrossIt) {
  EXPECT_EQ(output("size=100-200", {"resized"}), "101000100\n");
  EXPECT_EQ(output("", {"resized"}), "111111111\n");
}

TEST_P(ChoosingTest, OfAModule) {
  const std::string module = ARENITE_PROGRAMS "/module.so";
  EXPECT_EQ(output("", {"modules", module}), "program guarded, module guarded\n");
  EXPECT_EQ(output("module=*/module.so", {"modules", module}), "program plain, module guarded\n");
  EXPECT_EQ(output("module=*/modules", {"modules", module}), "program guarded, module plain\n");
  EXPECT_EQ(output("module=*/other", {"modules", module}), "program plain, module plain\n");
}

TEST_P(ChoosingTest, DamageOfWhatIsNotGuardedIsNotSeen) {
  EXPECT_EQ(reports(run("on_error=continue", {"damage", "24", "24"})), 1u);
  EXPECT_EQ(reports(run("on_error=continue:size=100-", {"damage", "24", "24"})), 0u);
}

TEST_P(ChoosingTest, StopsAtTheSerialOfAReport) {
  const Outcome report = run("", {"damage", "24", "0", "0", "24"});
  EXPECT_THAT(report.errors, HasSubstr("the block: serial 3, "));
  EXPECT_THAT(report.errors, HasSubstr(":break_serial=3 gdb --args "));
  const Outcome stopped = run("break_serial=3", {"damage", "24", "0", "0", "24"});
  EXPECT_EQ(stopped.signal, SIGTRAP);
  EXPECT_EQ(reports(stopped), 0u);
  EXPECT_EQ(output("break_serial=9", {"damage", "24", "0", "0", "0"}), "went on\n");
}

TEST(Fill, AsAskedFor) {
  const auto fills = [](const char* fill) {
    return run_with(std::string("mode=debug:fill=") + fill, {"fills"}).output;
  };
  EXPECT_EQ(fills("none"), "fresh 000000\nfreed 111111\nzeroed 000000\n");
  EXPECT_EQ(fills("fresh"), "fresh cdcdcd\nfreed 111111\nzeroed 000000\n");
  EXPECT_EQ(fills("freed"), "fresh 000000\nfreed dddddd\nzeroed 000000\n");
  EXPECT_EQ(fills("both"), "fresh cdcdcd\nfreed dddddd\nzeroed 000000\n");
}

TEST(GuardBytes, AsWideAsAskedFor) {
  const auto run = [](const char* more) {
    return run_with(in_mode("debug:on_error=continue", more), {"damage", "24", "64", "-40"});
  };
  const Outcome wide = run("guard_bytes=64");
  EXPECT_EQ(reports(wide), 2u);
  EXPECT_THAT(wide.errors, HasSubstr(" is located 40 bytes after 24-byte region"));
  EXPECT_THAT(wide.errors, HasSubstr(" is located 40 bytes before 24-byte region"));
  EXPECT_THAT(run("").errors, Not(HasSubstr("located 40 bytes after")));
}

TEST(GuardBytes, AreKeyedWhateverTheSeed) {
  const auto guards = [](const std::string& more) {
    const Outcome outcome = run_with(in_mode("debug", more), {"guards"});
    EXPECT_EQ(outcome.errors, "");
    EXPECT_EQ(outcome.output.size(), 33u);
    return outcome.output;
  };
  const std::string plain = "fdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfd\n";
  EXPECT_EQ(guards("keyed_guards=off"), plain);
  for (int seed = 1; seed <= 8; ++seed)
    EXPECT_NE(guards("keyed_guards=on:seed=" + std::to_string(seed)), plain) << seed;
}

TEST(GuardBytes, ThatAreKeyedFindTheSame) {
  const Outcome outcome = run_with(in_mode("debug:on_error=continue", "keyed_guards=on"),
                                   {"damage", "24", "24", "-1", "23"});
  EXPECT_EQ(reports(outcome), 2u);
}

TEST(StackDepth, NoneKeepsNoStacks) {
  const auto run = [](const char* more) {
    return run_with(in_mode("debug:on_error=continue", more), {"damage", "24", "24"}).errors;
  };
  EXPECT_THAT(run("stack_depth=0"), HasSubstr("allocated by thread T0 here:\n    <empty stack>\n"));
  EXPECT_THAT(run(""), Not(HasSubstr("<empty stack>")));
  EXPECT_THAT(run("stack_depth=1"), HasSubstr("\n    #0 "));
}

struct Kept {
  int reused = -1, reused_large = -1;
  long grew_mb = -1;
};

Kept quarantine(const std::string& options, const std::string& blocks = "1000000") {
  const Outcome outcome = run_with(options, {"quarantine", blocks});
  Kept kept;
  EXPECT_EQ(std::sscanf(outcome.output.c_str(), "reused %d, large %d grew %ld MB", &kept.reused,
                        &kept.reused_large, &kept.grew_mb),
            3)
      << outcome.output;
  return kept;
}

TEST(Quarantine, NoneUsesAnAddressAgainAtOnce) {
  const Kept kept = quarantine("mode=debug:quarantine_mb=0");
  EXPECT_GE(kept.reused, 1);
  EXPECT_LE(kept.reused, 200);
  EXPECT_GE(kept.reused_large, 1);
  EXPECT_LE(kept.grew_mb, 8);
}

TEST(Quarantine, KeepsBlocksForAWhileAndNoMoreThanItMay) {
  const Kept one = quarantine("mode=debug:quarantine_mb=1");
  EXPECT_EQ(one.reused, 0);
  EXPECT_LE(one.grew_mb, 1 + 8);
  const Kept usual = quarantine("mode=debug");
  EXPECT_EQ(usual.reused, 0);
  EXPECT_EQ(usual.reused_large, 0);
  EXPECT_LE(usual.grew_mb, 64);
  EXPECT_GT(usual.grew_mb, 16);
}

/// What waits in it is given back where there is no memory else, before a request fails.
TEST(Quarantine, IsEmptiedWhereMemoryIsMissing) {
  // Ten times as much as the heap has.
  const RunSetting limited{.address_space_bytes = rlim_t{8} << 30};
  const Outcome outcome =
      run_with("mode=debug:fill=none:quarantine_mb=16384", {"quarantine", "large", "400"}, limited);
  EXPECT_EQ(outcome.errors, "");
  EXPECT_EQ(outcome.exit_code, 0);
}

/// All of the first 64 MB that is not in the first arena.
TEST(LargePages, ArePreferredWhereBlocksComeBackFromQuarantine) {
  const auto preferred = [](const char* mode) {
    const Outcome outcome = run_command({"/bin/cat", "/proc/self/smaps"},
                                        {.environment = {"ARENITE_OPTIONS=" + in_mode(mode)}});
    std::istringstream lines(outcome.output);
    unsigned long size = 0, bytes = 0;
    for (std::string line; std::getline(lines, line);) {
      unsigned long begin = 0, end = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) size = end - begin;
      if (line.starts_with("VmFlags:") && line.find(" hg") != std::string::npos) bytes += size;
    }
    return bytes;
  };
  EXPECT_EQ(preferred("fast"), 0u);
  const unsigned long bytes = preferred("debug");
  if (bytes == 0 && !std::filesystem::exists("/sys/kernel/mm/transparent_hugepage"))
    GTEST_SKIP() << "this kernel has none";
  EXPECT_EQ(bytes, (64ul << 20) - (4ul << 20));
}

TEST(Quarantine, OfPagesTakesLittleMemory) {
  // A million pages that come and go take a minute where the system is slow with them.
  const Kept kept = quarantine("mode=page", "200000");
  EXPECT_EQ(kept.reused, 0);
  EXPECT_EQ(kept.reused_large, 0);
  EXPECT_LE(kept.grew_mb, 16);
}

}  // namespace
}  // namespace arenite
