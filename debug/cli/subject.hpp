// SPDX-License-Identifier: MIT
// Processes for `arenite` to look at, for tests.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "debug/cli/cli_fixture.hpp"
#include "layout/root.hpp"

namespace arenite::cli {

/// The program that the tests look at.
extern const std::string kSubject;

/// A program under `arenite run`, or as it is; waits for the line it prints. It ends with this, and
/// with the test however that ends.
class Child {
 public:
  explicit Child(const std::vector<std::string>& words) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t test = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      // All that it starts, too; and where the test is killed nobody is there to end it.
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != test) ::_exit(99);
      ::dup2(ends[1], STDOUT_FILENO);
      ::setenv("ARENITE_LIBRARY", kLibrary.c_str(), 1);
      std::vector<char*> arguments;
      arguments.reserve(words.size() + 1);
      for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execvp(arguments[0], arguments.data());
      ::_exit(99);
    }
    // Also here: whoever is first.
    ::setpgid(pid_, pid_);
    ::close(ends[1]);
    for (char byte; ::read(ends[0], &byte, 1) == 1 && byte != '\n';) line += byte;
    ::close(ends[0]);
  }
  ~Child() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string pid() const { return std::to_string(pid_); }
  std::string option() const { return "--pid " + pid(); }
  std::string line;

  /// Its memory, also where no program should write.
  template <class T>
  T get(std::uint64_t at) const {
    T value{};
    const int memory = open_memory();
    EXPECT_EQ(::pread(memory, &value, sizeof value, static_cast<off_t>(at)), sizeof value);
    ::close(memory);
    return value;
  }
  template <class T>
  void put(std::uint64_t at, const T& value) const {
    const int memory = open_memory();
    EXPECT_EQ(::pwrite(memory, &value, sizeof value, static_cast<off_t>(at)), sizeof value);
    ::close(memory);
  }

 private:
  int open_memory() const {
    return ::open(("/proc/" + pid() + "/mem").c_str(), O_RDWR | O_CLOEXEC);
  }

  pid_t pid_;
};

/// `options`: of `arenite run`.
inline Child subject(const std::string& what, const std::vector<std::string>& options = {}) {
  std::vector<std::string> words{kCli, "run"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", kSubject, what});
  return Child(words);
}

/// An address as JSON and the subject give it.
inline std::uint64_t address_in(const std::string& text) {
  return std::stoull(text, nullptr, 16);
}

/// Where the root of the process's first heap is.
inline std::uint64_t root_of(const Child& child) {
  return address_in(arenite("audit --format json " + child.option()).json()["heaps"][0]["root"]);
}

/// Gives a pool of a heap a size class that there is none of.
inline void break_pool(const Child& child, std::uint64_t root, std::uint64_t pool) {
  const auto heap = child.get<HeapRoot<Remote>>(root);
  child.put(heap.pools.address + pool * sizeof(PoolDescriptor<Remote>) +
                offsetof(PoolDescriptor<Remote>, size_class),
            std::uint8_t{255});
}

}  // namespace arenite::cli
