// SPDX-License-Identifier: MIT
#include "debug/report/desk.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/report/golden.hpp"
#include "debug/report/scratch_folder.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

class Desk : public testing::Test {
 protected:
  Desk() : log_(folder_.at("log")) {
    settings_.log_path = log_.c_str();
    settings_.names = kMadeUpNames;
  }
  ~Desk() override { desk_.close(); }

  void open() { ASSERT_TRUE(desk_.open(settings_)); }
  std::string written() const { return read_file(log_); }

  /// A report that tells the threads apart.
  static Report report_of(ThreadNumber thread) {
    Report report = report_on_block(Fault::heap_use_after_free, kBlock + 5);
    make_freed(report);
    report.thread = thread;
    return report;
  }
  static std::string text_of_thread(ThreadNumber thread) { return text_of(report_of(thread)); }

  void report(ThreadNumber thread) {
    ReportDesk::Turn turn(desk_, "a test");
    ASSERT_TRUE(turn);
    turn.report() = report_of(thread);
    turn.deliver(Ending::goes_on);
  }

  ScratchFolder folder_;
  std::string log_;
  std::string symbolizer_;
  DeskSettings settings_;
  ReportDesk desk_;
};

TEST_F(Desk, WritesAReportAndKeepsErrno) {
  open();
  errno = EDOM;
  report(1);
  EXPECT_EQ(errno, EDOM);
  EXPECT_EQ(written(), text_of_thread(1));
}

TEST_F(Desk, KeepsErrnoWhateverFails) {
  settings_.log_path = "/no/such/folder/log";
  settings_.symbolizer = "/no/such/program";
  open();
  testing::internal::CaptureStderr();
  errno = EDOM;
  report(1);
  const int error = errno;
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(error, EDOM);
}

TEST_F(Desk, BeginsWithAnEmptyReportOfThisProcess) {
  open();
  report(1);
  ReportDesk::Turn turn(desk_, "a test");
  EXPECT_EQ(turn.report().process, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(turn.report().here.count, 0u);
  EXPECT_FALSE(turn.report().block.known);
}

TEST_F(Desk, WritesJsonAndLeaks) {
  settings_.format = ReportFormat::json;
  open();
  report(1);
  const std::string first = written();
  EXPECT_TRUE(first.starts_with("{\"schema\":\"arenite-report\"") && first.ends_with("}\n"));
  ReportDesk::Turn(desk_, "a test").deliver(LeakReport{});
  EXPECT_NE(written().find("\"kind\":\"leaks\"", first.size()), std::string::npos);
}

TEST_F(Desk, TakesThreadsOneAfterTheOther) {
  open();
  constexpr ThreadNumber kThreads = 6;
  constexpr unsigned kReports = 5;
  std::vector<std::thread> threads;
  for (ThreadNumber thread = 1; thread <= kThreads; ++thread)
    threads.emplace_back([this, thread] {
      for (unsigned i = 0; i < kReports; ++i) report(thread);
    });
  for (std::thread& thread : threads) thread.join();
  std::string rest = written();
  std::size_t counts[kThreads + 1] = {};
  for (unsigned i = 0; i < kThreads * kReports; ++i) {
    ThreadNumber thread = 1;
    while (thread <= kThreads && !rest.starts_with(text_of_thread(thread))) ++thread;
    ASSERT_LE(thread, kThreads) << rest.substr(0, 2000);
    ++counts[thread];
    rest.erase(0, text_of_thread(thread).size());
  }
  EXPECT_EQ(rest, "");
  for (ThreadNumber thread = 1; thread <= kThreads; ++thread) EXPECT_EQ(counts[thread], kReports);
}

TEST_F(Desk, CutsAnErrorInsideOfReportingShort) {
  open();
  {
    ReportDesk::Turn turn(desk_, "the first");
    ASSERT_TRUE(turn);
    const ReportDesk::Turn inside(desk_, "the second");
    EXPECT_FALSE(inside);
    EXPECT_EQ(written(),
              "\narenite: another error while this thread wrote a report: the second; it is cut "
              "short\n");
    turn.report() = report_of(1);
    turn.deliver(Ending::goes_on);
  }
  EXPECT_TRUE(written().ends_with(" short\n" + text_of_thread(1)));
  report(2);
  EXPECT_TRUE(written().ends_with(text_of_thread(1) + text_of_thread(2)));
}

/// Fails itself once, amid a report.
bool find_and_fail(void* context, Address pc, FrameName& name) {
  auto* desk = static_cast<ReportDesk*>(context);
  if (pc == 0x401136) {
    EXPECT_FALSE(ReportDesk::Turn(*desk, "a bad name"));
  }
  return find_made_up(nullptr, pc, name);
}

TEST_F(Desk, SavesWhatWasComposedBeforeAnErrorInside) {
  settings_.names = {&desk_, &find_and_fail};
  symbolizer_ = folder_.program("symbolizer", "echo never; printf D >&4");
  settings_.symbolizer = symbolizer_.c_str();
  open();
  report(1);
  // Nothing is lost, nothing comes twice; only the lines about the errors stand in between.
  std::string text = written();
  const std::string line =
      "\narenite: another error while this thread wrote a report: a bad name; it is cut short\n";
  EXPECT_LT(text.find("    #0 0x7d0000001234"), text.find(line));
  EXPECT_GT(text.find("    #2 0x7e000002724f"), text.find(line));
  std::size_t errors = 0;
  for (std::size_t at = 0; (at = text.find(line)) != std::string::npos; ++errors)
    text.erase(at, line.size());
  EXPECT_GT(errors, 0u);
  EXPECT_EQ(text, text_of_thread(1));
}

TEST_F(Desk, DoesNotWaitForeverForItsTurn) {
  settings_.turn_ms = 20;
  open();
  ReportDesk::Turn held(desk_, "the first");
  ASSERT_TRUE(held);
  held.report() = report_of(1);
  std::thread([this] {
    report(2);
    report(3);
  }).join();
  EXPECT_EQ(written(), text_of_thread(2) + text_of_thread(3));
  held.deliver(Ending::goes_on);
  EXPECT_TRUE(written().ends_with(text_of_thread(3) + text_of_thread(1)));
}

/// Whether the calling thread can be cancelled; it cannot afterwards.
bool could_be_cancelled() {
  int state = PTHREAD_CANCEL_DISABLE;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  return state == PTHREAD_CANCEL_ENABLE;
}

TEST_F(Desk, AThreadThatReportsIsNotCancelled) {
  open();
  std::thread([this] {
    for (const bool can_be : {true, false}) {
      ::pthread_setcancelstate(can_be ? PTHREAD_CANCEL_ENABLE : PTHREAD_CANCEL_DISABLE, nullptr);
      {
        const ReportDesk::Turn turn(desk_, "a test");
        EXPECT_FALSE(could_be_cancelled());
      }
      EXPECT_EQ(could_be_cancelled(), can_be) << "as it was before";
    }
  }).join();
}

TEST_F(Desk, SaysSoIfThereIsNoMemoryToReportIn) {
  testing::internal::CaptureStderr();
  rlimit usual;
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &usual), 0);
  const rlimit none{0, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);
  errno = EDOM;
  bool had = true;
  {
    const ReportDesk::Turn turn(desk_, "a test");
    had = static_cast<bool>(turn);
  }
  const int error = errno;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &usual), 0);
  EXPECT_FALSE(had);
  EXPECT_EQ(error, EDOM);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "arenite: no memory to report in: a test\n");
  testing::internal::CaptureStderr();
  report(1);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "") << "the turn was given back";
}

TEST_F(Desk, ReportsThoughItWasNeverOpened) {
  testing::internal::CaptureStderr();
  report(1);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("ERROR: AddressSanitizer: heap-use-after-free"), std::string::npos);
}

/// The exit status of a forked child that reports while a thread of its parent has the turn.
int report_in_child(ReportDesk& desk, bool told) {
  std::atomic<bool> holding{false};
  std::atomic<bool> end{false};
  std::thread holder([&] {
    const ReportDesk::Turn turn(desk, "the parent's");
    holding = true;
    while (!end) std::this_thread::yield();
  });
  while (!holding) std::this_thread::yield();
  const pid_t child = ::fork();
  if (child == 0) {
    if (told) desk.after_fork_in_child();
    ReportDesk::Turn turn(desk, "the child's");
    if (!turn) ::_exit(2);
    turn.report().operation = "child";
    turn.deliver(Ending::goes_on);
    ::_exit(turn.report().process == static_cast<std::uint64_t>(::getpid()) ? 0 : 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  end = true;
  holder.join();
  return status;
}

TEST_F(Desk, ServesAForkedChildWhoseParentWasReporting) {
  settings_.turn_ms = ~0u / 2;
  open();
  EXPECT_EQ(report_in_child(desk_, true), 0);
  EXPECT_NE(written().find("by child"), std::string::npos);
}

TEST_F(Desk, ServesAForkedChildNobodyToldOf) {
  settings_.turn_ms = ~0u / 2;
  open();
  EXPECT_EQ(report_in_child(desk_, false), 0);
  EXPECT_NE(written().find("by child"), std::string::npos);
  report(1);
  EXPECT_TRUE(written().ends_with(text_of_thread(1)));
}

TEST_F(Desk, WritesTheRawTextOnceIfTheSymbolizerFails) {
  settings_.symbolize_ms = 300;
  for (const char* program :
       {"exit 1", "kill -KILL $$", "exec sleep 1000", "cat > /dev/null; exit 0"}) {
    symbolizer_ = folder_.program("symbolizer", program);
    settings_.symbolizer = symbolizer_.c_str();
    std::filesystem::remove(log_);
    open();
    report(1);
    EXPECT_EQ(written(), text_of_thread(1)) << program;
  }
  settings_.symbolizer = "/no/such/program";
  open();
  report(2);
  EXPECT_EQ(written(), text_of_thread(1) + text_of_thread(2));
}

/// The text is handed to the symbolizer in a file.
TEST_F(Desk, WritesTheRawTextWhereFilesMayNotGrow) {
  settings_.log_path = "";
  settings_.symbolizer = "/bin/true";
  open();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none);
    desk_.set_descriptor(ends[1]);
    report(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string got(1 << 16, ' ');
  std::size_t size = 0;
  for (ssize_t count = 1; count > 0; size += static_cast<std::size_t>(count))
    count = ::read(ends[0], got.data() + size, got.size() - size);
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(got.substr(0, size), text_of_thread(1));
}

TEST_F(Desk, LetsTheSymbolizerWriteInstead) {
  symbolizer_ =
      folder_.program("symbolizer", "head -c 1 <&3 >/dev/null; echo names; cat; printf D >&4");
  settings_.symbolizer = symbolizer_.c_str();
  open();
  report(1);
  EXPECT_EQ(written(), "names\n" + text_of_thread(1));
}

TEST_F(Desk, SaysSoIfTheSymbolizerBrokeOff) {
  symbolizer_ = folder_.program("symbolizer", "head -c 1 <&3 >/dev/null; head -c 8");
  settings_.symbolizer = symbolizer_.c_str();
  open();
  report(1);
  EXPECT_EQ(written(),
            "arenite:\narenite: the symbolizer broke off while it wrote; once more, without "
            "names:\n" +
                text_of_thread(1));
}

TEST_F(Desk, CutsATextThatHasNoRoomAtALine) {
  open();
  const std::string endless(300 << 10, 'x');
  ReportDesk::Turn turn(desk_, "a test");
  turn.report() = report_of(1);
  turn.report().fault = Fault::memory_leak;
  turn.report().mode = endless.c_str();
  turn.deliver(Ending::goes_on);
  EXPECT_EQ(written(), "arenite: the rest of the report had no room\n");
}

}  // namespace
}  // namespace arenite
