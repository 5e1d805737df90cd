// SPDX-License-Identifier: MIT
// replay, reduce and show, on heaps with planted bugs and on the heap as it is.
#include "debug/cli/program_commands.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"
#include "debug/target/exit_code.hpp"
#include "proptests/model/any_form.hpp"
#include "proptests/model/planted_heaps.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/text.hpp"

namespace arenite::cli {
namespace {

using model::PlantedBug;
using model::Program;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ProgramCommands : public testing::Test {
 protected:
  ProgramCommands() { std::filesystem::create_directories(folder_); }
  ~ProgramCommands() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return folder_ + "/" + name; }

  std::string file(const char* name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string file(const Program& program) const {
    EXPECT_TRUE(model::save(path("program.hop"), program));
    return path("program.hop");
  }

  std::string read(const std::string& file) const {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// What a command printed to stdout; its exit code in `code`.
  std::string printed(const std::function<int()>& command) {
    testing::internal::CaptureStdout();
    code = command();
    return testing::internal::GetCapturedStdout();
  }

  int tool(const std::string& arguments) const {
    const int status = std::system((ARENITE_CLI " " + arguments + " > /dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int code = -1;

 private:
  std::string folder_ = ::testing::TempDir() + "/program_commands." + std::to_string(::getpid());
};

bool fails(const PlantedBug& bug, const Program& program) {
  return run_in_child(program, bug.run, {.audit_every = 1}, 10, true).how != ProgramEnd::How::clean;
}

std::optional<Program> failing_program(const PlantedBug& bug) {
  for (unsigned seed = 0; seed < bug.programs; ++seed) {
    model::Random random(seed);
    const Program program = model::random_program(random, model::GeometryName::tiny, 50);
    if (fails(bug, program)) return program;
  }
  return std::nullopt;
}

TEST_F(ProgramCommands, replay_of_what_is_well) {
  const std::string program =
      file("program", "batch_allocate slot=0 count=8 size=class:3+1\naudit\n");
  EXPECT_EQ(
      printed([&] { return replay({.file = program}, model::run); }),
      program + ": 2 operations on tiny: no divergence from the model\n2 of them did something\n");
  EXPECT_EQ(code, kClean);
}

TEST_F(ProgramCommands, replay_tells_the_first_divergence) {
  const PlantedBug& bug = model::planted_bugs()[0];
  const std::string program = file("program", "trim\nallocate slot=0 size=uniform:129\naudit\n");
  const std::string text = printed([&] { return replay({.file = program}, bug.run); });
  EXPECT_EQ(code, kFindings);
  EXPECT_THAT(text, StartsWith(program + ": 3 operations on tiny: operation 2 (allocate slot=0 "
                                         "size=uniform:129): P3: usable size"));
}

TEST_F(ProgramCommands, replay_outlives_its_program) {
  const std::string program =
      file("program", "batch_allocate slot=0 count=8 size=pages:9+0\ntrim\naudit\n");
  const std::string text =
      printed([&] { return replay({.file = program}, model::killing_bug().run); });
  EXPECT_EQ(code, kFindings);
  EXPECT_THAT(text, HasSubstr("killed by Aborted, in operation 2 (trim)"));
}

/// As a sanitizer does.
TEST_F(ProgramCommands, replay_tells_of_a_program_that_ends_itself) {
  const std::string program = file("program", "trim\n");
  const auto exits = [](const Program&, model::RunOptions options) -> model::Outcome {
    *options.begun = 1;
    ::_exit(66);
  };
  const std::string text = printed([&] { return replay({.file = program}, exits); });
  EXPECT_EQ(code, kFindings);
  EXPECT_THAT(text, HasSubstr("the process was ended, in operation 1 (trim)"));
}

TEST_F(ProgramCommands, replay_does_not_wait_for_ever) {
  const std::string program = file("program", "trim\n");
  const auto sleeps = [](const Program&, model::RunOptions) -> model::Outcome {
    for (;;) ::pause();
  };
  const std::string text = printed([&] { return replay({.file = program, .seconds = 1}, sleeps); });
  EXPECT_EQ(code, kFindings);
  EXPECT_THAT(text, HasSubstr("no end within the time limit"));
}

/// Nor where a parent left SIGALRM ignored.
TEST_F(ProgramCommands, replay_minds_its_alarm_whoever_ignores_it) {
  const std::string program = file("program", "trim\n");
  const auto sleeps = [](const Program&, model::RunOptions) -> model::Outcome {
    ::sleep(20);
    return {};
  };
  const auto former = std::signal(SIGALRM, SIG_IGN);
  const std::string text = printed([&] { return replay({.file = program, .seconds = 1}, sleeps); });
  std::signal(SIGALRM, former);
  EXPECT_EQ(code, kFindings);
  EXPECT_THAT(text, HasSubstr("no end within the time limit"));
}

TEST_F(ProgramCommands, reduce_leaves_four_operations_at_most_in_the_median) {
  std::vector<std::size_t> sizes;
  std::vector<PlantedBug> bugs(model::planted_bugs().begin(), model::planted_bugs().end());
  bugs.push_back(model::killing_bug());
  for (const PlantedBug& bug : bugs) {
    const std::optional<Program> program = failing_program(bug);
    ASSERT_TRUE(program) << bug.name;
    testing::internal::CaptureStderr();
    EXPECT_EQ(reduce({.file = file(*program), .output = path("reduced.hop")}, bug.run), kFindings);
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("50 operations reduced to"));
    const model::Loaded reduced = model::load(path("reduced.hop"));
    ASSERT_EQ(reduced.error, "");
    EXPECT_TRUE(fails(bug, reduced.program)) << bug.name;
    EXPECT_FALSE(fails(model::no_bug(), reduced.program)) << bug.name;
    sizes.push_back(reduced.program.operations.size());
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_LE(sizes[sizes.size() / 2], 4u);
}

TEST_F(ProgramCommands, reduce_of_what_does_not_fail) {
  const std::string program = file("program", "allocate slot=0 size=tiny:1\n");
  EXPECT_EQ(printed([&] { return reduce({.file = program}, model::run); }), "");
  EXPECT_EQ(code, kClean);
}

TEST_F(ProgramCommands, show_in_every_form) {
  const std::string text = "configure threads=2\nallocate slot=3 size=class:5-1\n";
  const std::string program = file("program", text);
  const Program loaded = model::parse_text(text).program;
  EXPECT_EQ(printed([&] { return show({.file = program}); }), model::to_text(loaded));
  EXPECT_THAT(printed([&] { return show({.file = program, .form = ProgramForm::cpp}); }),
              HasSubstr("TEST(HeapProgram, replayed)"));
  EXPECT_EQ(show({.file = program, .output = path("it.hop"), .form = ProgramForm::hop}), kClean);
  EXPECT_EQ(model::load(path("it.hop")).program, loaded);
  // And a body, as fuzzers write it.
  const std::vector<std::uint8_t> body = model::encode(loaded);
  EXPECT_EQ(load_program(file("body", {body.begin(), body.end()})), loaded);
}

TEST_F(ProgramCommands, what_cannot_be_read_or_written_is_told) {
  const auto message = [](const std::function<int()>& command) -> std::string {
    try {
      command();
    } catch (const CannotTell& reason) {
      return reason.what();
    }
    return "";
  };
  EXPECT_EQ(message([&] { return replay({.file = path("none")}, model::run); }),
            path("none") + ": cannot be opened");
  const std::string bad = file("bad", "allocate slot=1\nallocat slot=1\n");
  EXPECT_THAT(message([&] { return show({.file = bad}); }), StartsWith(bad + ": line 2: "));
  const std::string good = file("good", "audit\n");
  EXPECT_THAT(message([&] { return show({.file = good, .output = "/nonexistent/file"}); }),
              HasSubstr("/nonexistent/file cannot be written"));
}

TEST_F(ProgramCommands, the_tool_ends_as_it_says) {
  const std::string good = file("good", "allocate slot=1 size=tiny:1\naudit\n");
  const std::string bad = file("bad", "allocat slot=1\n");
  EXPECT_EQ(tool("replay " + good), kClean);
  EXPECT_EQ(tool("reduce " + good), kClean);
  EXPECT_EQ(tool("show --as cpp " + good), kClean);
  EXPECT_EQ(tool("replay " + bad), kCannotTell);
  EXPECT_EQ(tool("replay"), kUsage);
  EXPECT_EQ(tool("reduce --seconds 0 " + good), kUsage);
  EXPECT_EQ(tool("reduce --seconds 86400 " + good), kClean);
  EXPECT_EQ(tool("reduce --seconds 86401 " + good), kUsage);
  EXPECT_EQ(tool("show --as song " + good), kUsage);
  const int full =
      std::system((ARENITE_CLI " show " + good + " > /dev/full 2> " + path("said")).c_str());
  EXPECT_EQ(WEXITSTATUS(full), kCannotTell);
  EXPECT_EQ(read(path("said")), "arenite: stdout cannot be written: No space left on device\n");
}

}  // namespace
}  // namespace arenite::cli
