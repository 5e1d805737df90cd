// SPDX-License-Identifier: MIT
#include "debug/cli/program_child.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "debug/memory/cannot_tell.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

namespace arenite::cli {
namespace {

/// What the child leaves behind, whatever becomes of it.
struct Slate {
  std::uint32_t begun;
  std::uint32_t executed;
  bool diverged;
  char property[16];
  char text[2048];
};

struct Unmap {
  void operator()(Slate* slate) const { ::munmap(slate, sizeof *slate); }
};

std::unique_ptr<Slate, Unmap> map_slate() {
  void* at =
      ::mmap(nullptr, sizeof(Slate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw CannotTell(std::string("no memory: ") + std::strerror(errno));
  return std::unique_ptr<Slate, Unmap>(static_cast<Slate*>(at));
}

template <std::size_t N>
void copy(const std::string& from, char (&to)[N]) {
  const std::size_t bytes = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), bytes);
  to[bytes] = '\0';
}

void be_quiet() {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
}

[[noreturn]] void be_child(const model::Program& program, const Runner& runner,
                           model::RunOptions options, unsigned limit_s, bool quiet, Slate& slate) {
  // Failures are what is looked for: no core of each.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(limit_s);
  if (quiet) be_quiet();
  options.begun = &slate.begun;
  const model::Outcome outcome = runner(program, options);
  for (const std::uint32_t executed : outcome.executed) slate.executed += executed;
  if (outcome.diverged()) {
    copy(outcome.divergence->property, slate.property);
    copy(model::to_text(*outcome.divergence, program), slate.text);
    slate.diverged = true;
  }
  std::fflush(nullptr);
  ::_exit(0);
}

}  // namespace

ProgramEnd run_in_child(const model::Program& program, const Runner& runner,
                        model::RunOptions options, unsigned limit_s, bool quiet) {
  const auto slate = map_slate();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw CannotTell(std::string("cannot fork: ") + std::strerror(errno));
  if (child == 0) be_child(program, runner, options, limit_s, quiet, *slate);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw CannotTell(std::string("lost a child: ") + std::strerror(errno));

  ProgramEnd end;
  end.begun = slate->begun;
  end.executed = slate->executed;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    end.how = ProgramEnd::How::timed_out;
  } else if (WIFSIGNALED(status)) {
    end.how = ProgramEnd::How::killed;
    end.signal = WTERMSIG(status);
  } else if (WEXITSTATUS(status) != 0) {
    // A sanitizer ends the process itself.
    end.how = ProgramEnd::How::killed;
  } else if (slate->diverged) {
    end.how = ProgramEnd::How::diverged;
    end.property = slate->property;
    end.text = slate->text;
  }
  return end;
}

std::string to_text(const ProgramEnd& end, const model::Program& program) {
  const auto where = [&] {
    if (end.begun == 0) return std::string("before operation 1");
    const std::string at = "in operation " + std::to_string(end.begun) + " (" +
                           model::to_text(program.operations[end.begun - 1]) + ")";
    return end.begun < program.operations.size() ? at : at + " or at the end";
  };
  switch (end.how) {
    case ProgramEnd::How::clean:
      return "no divergence from the model";
    case ProgramEnd::How::diverged:
      return end.text;
    case ProgramEnd::How::timed_out:
      return "no end within the time limit, " + where();
    case ProgramEnd::How::killed:
      break;
  }
  return (end.signal == 0 ? "the process was ended"
                          : "killed by " + std::string(::strsignal(end.signal))) +
         ", " + where();
}

}  // namespace arenite::cli
