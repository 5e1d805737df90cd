// SPDX-License-Identifier: MIT
#include "proptests/faults/kernel_refusals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace arenite {
namespace {

constexpr int kTimeoutMs = 60'000;
/// Of the child: the filter could not be installed, or there is no such program.
constexpr int kNoFilter = 125, kNoProgram = 127;
const std::array<int, 5> kCalls{SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect),
                                SCMP_SYS(madvise), SCMP_SYS(mremap)};

bool send_descriptor(int through, int descriptor) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return ::sendmsg(through, &message, 0) == 1;
}

int receive_descriptor(int through) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(through, &message, 0) != 1) return -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

/// The descriptor that tells of the calls from now on, or -1.
int install_filter() {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return -1;
  bool made = true;
  for (const int call : kCalls)
    made = made && ::seccomp_rule_add(filter, SCMP_ACT_NOTIFY, call, 0) == 0;
  const int descriptor = made && ::seccomp_load(filter) == 0 ? ::seccomp_notify_fd(filter) : -1;
  // The context stays: to free it takes calls that nobody answers yet.
  return descriptor;
}

[[noreturn]] void become(const std::vector<std::string>& command,
                         const std::vector<std::string>& environment, int through, int errors) {
  std::vector<char*> arguments, variables;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  for (const std::string& each : environment) variables.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  ::dup2(errors, STDERR_FILENO);
  const int notify = install_filter();
  if (notify < 0 || !send_descriptor(through, notify)) ::_exit(kNoFilter);
  ::close(notify);
  ::execve(arguments[0], arguments.data(), variables.data());
  ::_exit(kNoProgram);
}

/// Answers one call of the program.
class Judge {
 public:
  Judge(std::uint64_t n, int only, Refused& refused) : n_(n), only_(only), refused_(refused) {
    ::seccomp_notify_alloc(&asked_, &answer_);
  }
  ~Judge() { ::seccomp_notify_free(asked_, answer_); }
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  void answer(int notify) {
    std::memset(asked_, 0, sizeof *asked_);
    if (::seccomp_notify_receive(notify, asked_) != 0) return;
    answer_->id = asked_->id;
    answer_->val = 0;
    const bool granted = grants(asked_->data);
    answer_->error = granted ? 0 : -ENOMEM;
    answer_->flags = granted ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    ::seccomp_notify_respond(notify, answer_);
  }

 private:
  bool grants(const seccomp_data& call) {
    if (call.nr == SCMP_SYS(madvise) && call.args[0] == 0 && call.args[2] == kMark) {
      marked_ = true;
      return true;
    }
    if (!marked_ || (only_ >= 0 && call.nr != only_)) return true;
    if (++refused_.requests != n_) return true;
    refused_.call = call.nr;
    return false;
  }

  std::uint64_t n_;
  int only_;
  Refused& refused_;
  bool marked_ = false;
  seccomp_notif* asked_ = nullptr;
  seccomp_notif_resp* answer_ = nullptr;
};

void read_some(int from, std::string& to) {
  char bytes[4096];
  const ssize_t count = ::read(from, bytes, sizeof bytes);
  if (count > 0) to.append(bytes, static_cast<std::size_t>(count));
}

void attend(int notify, int errors, Judge& judge, Refused& refused) {
  pollfd watched[2] = {{notify, POLLIN, 0}, {errors, POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(watched, 2, kTimeoutMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      refused.timed_out = true;
      return;
    }
    if ((watched[0].revents & POLLIN) != 0) judge.answer(notify);
    if ((watched[1].revents & POLLIN) != 0) read_some(errors, refused.errors);
    // Nobody is left who could call.
    if ((watched[0].revents & (POLLHUP | POLLERR)) != 0) return;
  }
}

}  // namespace

Refused run_refused(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment, std::uint64_t n, int call) {
  Refused refused;
  int through[2], errors[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, through) != 0) return refused;
  if (::pipe2(errors, O_CLOEXEC) != 0) return refused;
  const pid_t child = ::fork();
  if (child == 0) become(command, environment, through[1], errors[1]);
  ::close(through[1]);
  ::close(errors[1]);
  const int notify = receive_descriptor(through[0]);
  if (notify >= 0) {
    Judge judge(n, call, refused);
    attend(notify, errors[0], judge, refused);
    if (refused.timed_out) ::kill(child, SIGKILL);
    ::close(notify);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::fcntl(errors[0], F_SETFL, O_NONBLOCK);
  for (std::size_t before = ~std::size_t{0}; before != refused.errors.size();) {
    before = refused.errors.size();
    read_some(errors[0], refused.errors);
  }
  ::close(errors[0]);
  ::close(through[0]);
  if (WIFEXITED(status)) refused.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) refused.signal = WTERMSIG(status);
  return refused;
}

bool kernel_refusals_work() {
  static const bool work = run_refused({"/bin/true"}, {}, 0).exit_code == 0;
  return work;
}

}  // namespace arenite
