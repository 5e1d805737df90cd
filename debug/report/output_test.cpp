// SPDX-License-Identifier: MIT
#include "debug/report/output.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "debug/report/scratch_folder.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

std::string expanded(const char* path, std::size_t capacity = 64) {
  char to[64];
  return expand_path(path, 4711, to, capacity) ? to : "no room";
}

TEST(LogPath, NamesTheProcess) {
  EXPECT_EQ(expanded("/tmp/log"), "/tmp/log");
  EXPECT_EQ(expanded("/tmp/log.%p"), "/tmp/log.4711");
  EXPECT_EQ(expanded("%p-%p.txt"), "4711-4711.txt");
  EXPECT_EQ(expanded("100%%p"), "100%p");
  EXPECT_EQ(expanded("%q%"), "%q%");
  EXPECT_EQ(expanded("1234567", 8), "1234567");
  EXPECT_EQ(expanded("12345678", 8), "no room");
}

TEST(Output, AddsToTheLogFile) {
  const ScratchFolder folder;
  const std::string path = folder.at("log");
  for (const char* text : {"one\n", "two\n"}) {
    const Output output(path.c_str());
    EXPECT_NE(output.file(), STDERR_FILENO);
    EXPECT_TRUE(write_all(output.file(), text));
  }
  EXPECT_EQ(read_file(path), "one\ntwo\n");
}

TEST(Output, ADescriptorGoesBeforeTheLogFileAndStaysOpen) {
  const ScratchFolder folder;
  const int file = ::open(folder.at("given").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  for (int i = 0; i < 2; ++i) {
    const Output output(folder.at("log").c_str(), file);
    EXPECT_EQ(output.file(), file);
    EXPECT_TRUE(write_all(output.file(), "once\n"));
  }
  ::close(file);
  EXPECT_EQ(read_file(folder.at("given")), "once\nonce\n");
  EXPECT_FALSE(std::filesystem::exists(folder.at("log")));
}

TEST(Output, FallsBackToStderrAndSaysSo) {
  testing::internal::CaptureStderr();
  {
    const Output output("/no/such/folder/log.%p");
    EXPECT_EQ(output.file(), STDERR_FILENO);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("arenite: the log file /no/such/folder/log." +
                               std::to_string(::getpid()) + " cannot be opened (errno 2)"))
      << said;
}

TEST(Output, WhatALogFileDoesNotTakeGoesToStderr) {
  testing::internal::CaptureStderr();
  {
    const Output output("/dev/full");
    ASSERT_NE(output.file(), STDERR_FILENO);
    output.write("of an error\n");
    output.write("");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "arenite: the log file takes no more (errno 28); the rest of the report comes here\n"
            "of an error\n");
}

TEST(Output, ADescriptorThatTakesNoMoreIsTheCallers) {
  testing::internal::CaptureStderr();
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  Output("", full).write("of an error\n");
  ::close(full);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Output, FallsBackToStderrIfTheNameIsTooLong) {
  testing::internal::CaptureStderr();
  {
    const Output output(std::string(4096, 'x').c_str());
    EXPECT_EQ(output.file(), STDERR_FILENO);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("arenite: the log file xxxx")) << said;
  EXPECT_TRUE(said.ends_with("x cannot be opened (errno 36); the report comes here\n")) << said;
}

TEST(Output, TakesTheLogFileWhereStdinIsClosed) {
  const ScratchFolder folder;
  const std::string path = folder.at("log");
  const int kept = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  {
    const Output output(path.c_str());
    EXPECT_EQ(output.file(), STDIN_FILENO);
    EXPECT_TRUE(write_all(output.file(), "text\n"));
  }
  EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFD), -1) << "not closed";
  if (kept >= 0) {
    ::dup2(kept, STDIN_FILENO);
    ::close(kept);
  }
  EXPECT_EQ(read_file(path), "text\n");
}

TEST(Output, WaitsForASlowReader) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const std::string text(1 << 20, 'x');
  std::string got;
  std::thread reader([&] {
    char bytes[4096];
    while (got.size() < text.size())
      if (const ssize_t count = ::read(ends[0], bytes, sizeof bytes); count > 0)
        got.append(bytes, static_cast<std::size_t>(count));
  });
  EXPECT_TRUE(write_all(ends[1], text));
  reader.join();
  EXPECT_EQ(got, text);
  ::close(ends[0]);
  ::close(ends[1]);
}

/// Until a thread of this process sleeps in the kernel.
void wait_until_asleep(int thread) {
  const std::string stat = "/proc/self/task/" + std::to_string(thread) + "/stat";
  for (;;) {
    const std::string text = read_file(stat);
    if (const std::size_t at = text.rfind(") "); at != std::string::npos && text[at + 2] == 'S')
      return;
    std::this_thread::yield();
  }
}

std::atomic<int> signals_handled = 0;

TEST(Output, WaitsOnAfterASignal) {
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = [](int) { signals_handled = signals_handled + 1; };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const std::string text(1 << 20, 'x');
  std::atomic<int> writer_number = 0;
  bool all_written = false;
  std::thread writer([&] {
    writer_number = static_cast<int>(::syscall(SYS_gettid));
    all_written = write_all(ends[1], text);
    ::close(ends[1]);
  });
  // It sleeps nowhere but where it waits for the reader.
  while (writer_number == 0) std::this_thread::yield();
  for (int i = 1; i <= 3; ++i) {
    wait_until_asleep(writer_number);
    ::pthread_kill(writer.native_handle(), SIGUSR1);
    while (signals_handled < i) std::this_thread::yield();
  }
  std::size_t got = 0;
  char bytes[4096];
  for (ssize_t count = -1; count != 0; count = ::read(ends[0], bytes, sizeof bytes))
    if (count > 0) got += static_cast<std::size_t>(count);
  writer.join();
  ::close(ends[0]);
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(all_written);
  EXPECT_EQ(got, text.size());
}

TEST(Output, SurvivesAPipeNobodyReads) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  {
    const WithoutWriteSignals without;
    EXPECT_FALSE(write_all(ends[1], "text"));
  }
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
  ::close(ends[1]);
}

TEST(Output, SurvivesAFileThatMayNotGrow) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none);
    const int file = ::memfd_create("arenite-output", 0);
    bool written = true;
    {
      const WithoutWriteSignals without;
      written = write_all(file, "text");
    }
    sigset_t pending;
    ::sigpending(&pending);
    ::_exit(file >= 0 && !written && ::sigismember(&pending, SIGXFSZ) == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Output, LeavesASigpipeThatWasPendingBefore) {
  sigset_t pipe;
  sigset_t before;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ::raise(SIGPIPE);
  {
    const WithoutWriteSignals without;
  }
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 1);
  int taken = 0;
  ::sigwait(&pipe, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace arenite
