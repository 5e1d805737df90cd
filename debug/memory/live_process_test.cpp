// SPDX-License-Identifier: MIT
// Against a child process made for the purpose.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/live_view.hpp"
#include "debug/memory/stopped_process.hpp"

namespace arenite {
namespace {

/// A child that runs `work` until it is killed; shares one page with its parent.
class Child {
 public:
  explicit Child(const std::function<void(std::atomic<std::uint64_t>*)>& work) {
    shared = static_cast<std::atomic<std::uint64_t>*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pid = ::fork();
    if (pid == 0) {
      work(shared);
      ::_exit(0);
    }
    while (shared[0].load() == 0) ::usleep(100);
  }
  ~Child() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ::munmap(shared, 4096);
  }
  pid_t pid;
  std::atomic<std::uint64_t>* shared;
};

void count_forever(std::atomic<std::uint64_t>* shared) {
  for (;;) shared[0].fetch_add(1);
}

TEST(StoppedProcess, stands_still_and_then_runs_on) {
  const Child child(count_forever);
  {
    const StoppedProcess stopped(child.pid);
    EXPECT_TRUE(stopped.standing());
    EXPECT_EQ(stopped.threads(), std::vector<std::uint64_t>{static_cast<std::uint64_t>(child.pid)});
    const std::uint64_t seen = child.shared[0].load();
    ::usleep(20000);
    EXPECT_EQ(child.shared[0].load(), seen);
  }
  const std::uint64_t seen = child.shared[0].load();
  while (child.shared[0].load() == seen) ::usleep(100);
}

TEST(StoppedProcess, all_its_threads_and_those_that_come_and_go) {
  const Child child([](std::atomic<std::uint64_t>* shared) {
    for (int i = 1; i <= 3; ++i)
      std::thread([shared, i] {
        for (;;) shared[i].fetch_add(1);
      }).detach();
    for (;;) std::thread([shared] { shared[0].fetch_add(1); }).join();
  });
  for (int round = 0; round < 200; ++round) {
    const StoppedProcess stopped(child.pid);
    EXPECT_GE(stopped.threads().size(), 4u);
    std::uint64_t seen[4];
    for (int i = 0; i < 4; ++i) seen[i] = child.shared[i].load();
    ::usleep(200);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(child.shared[i].load(), seen[i]);
  }
}

TEST(StoppedProcess, signals_that_come_meanwhile_are_delivered) {
  const Child child([](std::atomic<std::uint64_t>* shared) {
    static std::atomic<std::uint64_t>* counter;
    counter = shared + 1;
    ::signal(SIGUSR1, [](int) { counter->fetch_add(1); });
    shared[0].store(1);
    for (;;) ::pause();
  });
  for (std::uint64_t round = 1; round <= 20; ++round) {
    {
      ::kill(child.pid, SIGUSR1);
      const StoppedProcess stopped(child.pid);
    }
    while (child.shared[1].load() < round) ::usleep(100);
    EXPECT_EQ(child.shared[1].load(), round);
  }
}

TEST(StoppedProcess, one_that_waits_in_vfork_is_told) {
  const Child child([](std::atomic<std::uint64_t>* shared) {
    // The child of the child runs on its parent's memory until it ends.
    if (::vfork() == 0) {
      shared[0].store(1);
      while (shared[1].load() == 0) ::usleep(100);
      ::_exit(0);
    }
    for (;;) ::pause();
  });
  {
    const StoppedProcess stopped(child.pid);
    EXPECT_FALSE(stopped.standing());
  }
  child.shared[1].store(1);
  ::usleep(20000);
  const StoppedProcess stopped(child.pid);
  EXPECT_TRUE(stopped.standing());
}

TEST(StoppedProcess, one_that_is_not_there) {
  EXPECT_THROW(StoppedProcess(0), CannotTell);
  EXPECT_THROW(StoppedProcess(-5), CannotTell);
  EXPECT_THROW(StoppedProcess(1 << 30), CannotTell);
  EXPECT_THROW(StoppedProcess{::getpid()}, CannotTell);
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::usleep(20000);
  EXPECT_THROW(StoppedProcess{gone}, CannotTell);  // a zombie
  ::waitpid(gone, nullptr, 0);
}

TEST(StoppedProcess, one_that_is_traced_already_says_by_whom) {
  const Child child(count_forever);
  const StoppedProcess first(child.pid);
  try {
    const StoppedProcess second(child.pid);
    FAIL();
  } catch (const CannotTell& reason) {
    EXPECT_NE(std::strstr(reason.what(), "already being traced"), nullptr) << reason.what();
  }
}

TEST(LiveView, reads_what_is_there_and_says_what_is_not) {
  // Two megabytes of the parent's, copied by the fork, with a hole.
  constexpr std::size_t kBytes = 2 << 20, kHole = 1 << 20;
  auto* block = static_cast<unsigned char*>(
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (std::size_t i = 0; i < kBytes; ++i) block[i] = static_cast<unsigned char>(i * 7 >> 8);
  ::munmap(block + kHole, 4096);
  const Child child(count_forever);
  const StoppedProcess stopped(child.pid);
  const LiveView view(child.pid);
  const Address at = reinterpret_cast<Address>(block);
  std::vector<unsigned char> copy(kBytes);
  EXPECT_TRUE(view.read(at, copy.data(), kHole));
  EXPECT_EQ(std::memcmp(copy.data(), block, kHole), 0);
  EXPECT_FALSE(view.read(at + kHole - 1, copy.data(), 2));
  EXPECT_FALSE(view.read(at + kHole, copy.data(), 1));
  EXPECT_TRUE(view.read(at + kHole + 4096, copy.data(), kBytes - kHole - 4096));
  EXPECT_EQ(std::memcmp(copy.data(), block + kHole + 4096, kBytes - kHole - 4096), 0);
  EXPECT_FALSE(view.read(0, copy.data(), 8));
  EXPECT_FALSE(view.read(~Address{0} - 3, copy.data(), 8));
  EXPECT_FALSE(view.read(Address{1} << 60, copy.data(), 8));
  ::munmap(block, kBytes);
}

/// The second takes the place of the first, of which nothing may be left.
TEST(LiveView, nothing_is_shown_for_what_was_read_elsewhere) {
  constexpr std::size_t kSlotsBytes = std::size_t{64} << 20;
  auto* block = static_cast<unsigned char*>(
      ::mmap(nullptr, kSlotsBytes + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(block, MAP_FAILED);
  ASSERT_EQ(::mprotect(block, 4096, PROT_READ | PROT_WRITE), 0);
  block[0] = 42;
  const Child child(count_forever);
  const StoppedProcess stopped(child.pid);
  const LiveView view(child.pid);
  const Address at = reinterpret_cast<Address>(block);
  unsigned char byte = 0;
  ASSERT_TRUE(view.read(at, &byte, 1));
  EXPECT_EQ(byte, 42);
  EXPECT_FALSE(view.read(at + kSlotsBytes, &byte, 1));
  EXPECT_TRUE(view.read(at, &byte, 1));
  ::munmap(block, kSlotsBytes + 4096);
}

}  // namespace
}  // namespace arenite
