// SPDX-License-Identifier: MIT
// A process with the delivered library, examined: it stands only as long as was asked for, and what
// a layer keeps of its blocks is there.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "debug/layer/layer_blocks.hpp"
#include "debug/target/inputs.hpp"

namespace arenite {
namespace {

/// programs/waiting.c, in a mode, until this ends.
class Waiting {
 public:
  explicit Waiting(const char* options) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid = ::fork();
    if (pid == 0) {
      ::setenv("ARENITE_OPTIONS", options, 1);
      ::setenv("LD_PRELOAD", ARENITE_LIBRARY, 1);
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(ARENITE_WAITING, ARENITE_WAITING, nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char ready = 0;
    EXPECT_EQ(::read(ends[0], &ready, 1), 1);
    ::close(ends[0]);
  }
  ~Waiting() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  /// Stopped by somebody who traces it.
  bool stands() const {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("State:")) return line.find("(tracing stop)") != std::string::npos;
    ADD_FAILURE() << "no state";
    return false;
  }

  pid_t pid;
};

TEST(ExamineProcess, ItStandsAsLongAsWasAskedFor) {
  const Waiting process("mode=debug");
  for (const Standing standing : {Standing::briefly, Standing::throughout}) {
    bool looked = false;
    const auto at_rest = [&](const AnyView&, const Examination& examination) {
      looked = true;
      EXPECT_EQ(process.stands(), standing == Standing::throughout);
      EXPECT_EQ(examination.heaps.size(), 1u);
    };
    const Examination examination = examine_process(process.pid, at_rest, standing, {});
    EXPECT_TRUE(looked);
    EXPECT_FALSE(process.stands());
    EXPECT_EQ(examination.facts.command, "waiting");
    EXPECT_EQ(examination.torn, "");
  }
}

TEST(ExamineProcess, ALayersBlocksWithTheirStacks) {
  for (const char* mode : {"mode=debug", "mode=page"}) {
    const Waiting process(mode);
    std::size_t known = 0;
    const auto at_rest = [&](const AnyView& view, const Examination& examination) {
      const HeapReport& heap = examination.heaps.at(0);
      ASSERT_TRUE(heap.layer.there());
      LayerBlocks<AnyView>(view, heap.result.plan, heap.layer.plan)
          .each_on_pages([&](const LayerBlock& block) {
            Address frame = 0;
            known += LayerBlocks<AnyView>(view, heap.result.plan, heap.layer.plan)
                         .stack(block.facts.allocated, &frame, 1);
          });
    };
    const Examination examination = examine_process(process.pid, at_rest, Standing::throughout, {});
    std::string reason;
    EXPECT_EQ(examination.exit_code(reason), 0) << reason;
    EXPECT_EQ(examination.finding_count(), 0u) << examination.heaps[0].findings[0].text;
    EXPECT_EQ(examination.heaps[0].layer.counts.live, 15u) << mode;
    EXPECT_EQ(examination.heaps[0].layer.counts.live_bytes, 1500u) << mode;
    EXPECT_EQ(examination.heaps[0].layer.counts.freed, 1u) << mode;
    EXPECT_EQ(known, examination.heaps[0].layer.plan.paged() ? 16u : 0u) << mode;
  }
}

}  // namespace
}  // namespace arenite
