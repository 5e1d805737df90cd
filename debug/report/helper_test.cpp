// SPDX-License-Identifier: MIT
#include "debug/report/helper.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "debug/report/scratch_folder.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

constexpr unsigned kPatientMs = 60'000;
constexpr unsigned kImpatientMs = 300;

/// What a program that behaves begins and ends with.
const std::string kTakeRight = "head -c 1 <&3 >/dev/null\n";
const std::string kSayDone = "\nprintf D >&4";

class Helper : public testing::Test {
 protected:
  HandedOver hand(const std::string& program, const std::string& text = "the text\n",
                  unsigned limit_ms = kPatientMs) {
    const int file = ::open(folder_.at("out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    const HandedOver result = hand_to_helper(program.c_str(), text, file, limit_ms, *scratch_);
    ::close(file);
    return result;
  }
  std::string written() const { return read_file(folder_.at("out")); }
  std::string program(const std::string& text) const { return folder_.program("program", text); }

  ScratchFolder folder_;
  std::unique_ptr<HelperScratch> scratch_ = std::make_unique<HelperScratch>();
};

std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_F(Helper, WritesTheTextIntoTheReportsFile) {
  const std::string text(300'000, 'x');
  const std::ptrdiff_t descriptors = count_descriptors();
  EXPECT_EQ(hand(program(kTakeRight + "echo \"$0 $*\"; cat" + kSayDone), text),
            HandedOver::written);
  EXPECT_EQ(written(), folder_.at("program") + " symbolize --handed-over\n" + text);
  EXPECT_EQ(count_descriptors(), descriptors);
}

TEST_F(Helper, ThatIsMissingLeavesTheTextToTheCaller) {
  EXPECT_EQ(hand(folder_.at("none")), HandedOver::not_written);
  EXPECT_EQ(written(), "");
}

TEST_F(Helper, ThatDiesLeavesTheTextToTheCaller) {
  EXPECT_EQ(hand(program("exit 0")), HandedOver::not_written);
  EXPECT_EQ(hand(program("kill -SEGV $$")), HandedOver::not_written);
  EXPECT_EQ(written(), "");
}

/// 'S', say, or 'Z'; 'X' if there is none.
char state_of(int process) {
  const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
  const std::size_t at = stat.rfind(") ");
  return at == std::string::npos ? 'X' : stat[at + 2];
}

TEST_F(Helper, ThatHangsIsEndedAndLeavesTheTextToTheCaller) {
  const std::string hanging = program("echo $$ > " + folder_.at("number") + "; exec sleep 1000");
  EXPECT_EQ(hand(hanging, "the text\n", kImpatientMs), HandedOver::not_written);
  EXPECT_EQ(written(), "");
  const std::string number = read_file(folder_.at("number"));
  if (number.empty()) return;  // ended before it said so
  const int process = std::stoi(number);
  while (state_of(process) != 'X' && state_of(process) != 'Z') std::this_thread::yield();
}

TEST_F(Helper, ThatEndsWhileItWritesIsToldOf) {
  EXPECT_EQ(hand(program(kTakeRight + "head -c 3; exit 1")), HandedOver::broken_off);
  EXPECT_EQ(written(), "the");
}

TEST_F(Helper, ThatHangsWhileItWritesIsToldOf) {
  const std::string hanging = program(kTakeRight + "exec sleep 1000");
  // How long a shell takes to begin is the machine's affair.
  HandedOver result = HandedOver::not_written;
  for (unsigned limit_ms = 250; result == HandedOver::not_written && limit_ms < kPatientMs;
       limit_ms *= 2)
    result = hand(hanging, "the text\n", limit_ms);
  EXPECT_EQ(result, HandedOver::broken_off);
}

TEST_F(Helper, ThatWritesForLongIsWaitedForOnceMore) {
  // How long a shell takes to begin is the machine's affair: as often as it takes.
  HandedOver result = HandedOver::not_written;
  for (unsigned limit_ms = 200; result != HandedOver::written && limit_ms < kPatientMs;
       limit_ms *= 2) {
    std::filesystem::remove(folder_.at("out"));
    const std::string seconds = std::to_string(limit_ms * 0.0015);
    result =
        hand(program(kTakeRight + "sleep " + seconds + "; cat" + kSayDone), "the text\n", limit_ms);
  }
  EXPECT_EQ(result, HandedOver::written);
  EXPECT_EQ(written(), "the text\n");
}

TEST_F(Helper, HasNeitherOurPreloadsNorOurSignals) {
  ::setenv("LD_PRELOAD", "/no/such/library.so", 1);
  ::setenv("ARENITE_OPTIONS", "mode=debug", 1);
  ::setenv("ARENITE_TEST_KEPT", "1", 1);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t user;
  sigset_t mask;
  ::sigemptyset(&user);
  ::sigaddset(&user, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &user, &mask);
  // Of the shell itself, before it starts anything: with that it unblocks all signals.
  const std::string read_masks =
      "while read name value; do case $name in\n"
      "  SigBlk:|SigIgn:) masks=\"$masks $name $value\";;\n"
      "esac; done < /proc/$$/status\n";
  EXPECT_EQ(hand(program(read_masks + kTakeRight +
                         "env | grep -E '^(LD_PRELOAD|ARENITE_)'; echo $masks" + kSayDone)),
            HandedOver::written);
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &mask, &after);
  ::signal(SIGPIPE, before);
  for (const char* name : {"LD_PRELOAD", "ARENITE_OPTIONS", "ARENITE_TEST_KEPT"}) ::unsetenv(name);
  EXPECT_EQ(written(), "ARENITE_TEST_KEPT=1\nSigBlk: 0000000000000000 SigIgn: 0000000000000000\n");
  EXPECT_EQ(::sigismember(&after, SIGUSR1), 1);
  EXPECT_EQ(::sigismember(&after, SIGUSR2), 0);
}

volatile sig_atomic_t children_told = 0;

TEST_F(Helper, IsNoChildOfTheProgram) {
  const auto before = ::signal(SIGCHLD, [](int) { children_told = children_told + 1; });
  EXPECT_EQ(hand(program(kTakeRight + "cat" + kSayDone)), HandedOver::written);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG | __WALL), -1);
  EXPECT_EQ(errno, ECHILD);
  ::signal(SIGCHLD, before);
  EXPECT_EQ(children_told, 0);
}

TEST_F(Helper, WorksWhereStdinIsClosed) {
  const std::string behaving = program(kTakeRight + "cat" + kSayDone);
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(folder_.at("out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    const HandedOver result =
        hand_to_helper(behaving.c_str(), "the text\n", file, kPatientMs, *scratch_);
    ::_exit(result == HandedOver::written ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(written(), "the text\n");
}

/// Where it looks from is this test's own file.
TEST(Symbolizer, IsFoundWhereThereIsRoomForItsPath) {
  std::string there(1000, '#');
  const bool found = find_symbolizer(there.data(), there.size());
  there.resize(found ? std::strlen(there.c_str()) : 0);
  EXPECT_TRUE(!found || ::access(there.c_str(), X_OK) == 0) << there;
  for (std::size_t capacity = 0; capacity < 300; ++capacity) {
    std::string room(1000, '#');
    const bool fits = find_symbolizer(room.data(), capacity);
    EXPECT_EQ(room.find_first_not_of('#', capacity), std::string::npos) << capacity;
    EXPECT_EQ(fits, found && capacity > there.size()) << capacity;
    if (fits) {
      EXPECT_STREQ(room.c_str(), there.c_str());
    }
  }
}

TEST_F(Helper, IsNotStartedWhereDescriptorsHaveRunOut) {
  // A sanitizer that looks at members needs descriptors itself.
  HelperScratch& scratch = *scratch_;
  const pid_t child = ::fork();
  if (child == 0) {
    while (::dup(STDERR_FILENO) >= 0) continue;
    const HandedOver result =
        hand_to_helper("/bin/true", "the text\n", STDERR_FILENO, kPatientMs, scratch);
    ::_exit(result == HandedOver::not_written ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace arenite
