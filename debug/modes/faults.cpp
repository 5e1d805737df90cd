// SPDX-License-Identifier: MIT
#include "debug/modes/faults.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"

namespace arenite {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS};

/// What the program has set; for lack of that, what was there before.
struct Remembered {
  LockWord lock{0};
  struct sigaction action{};
};
constinit Remembered remembered[2];

/// Faults of the layer's pages on this thread; a report of one never ends here. The desk tells of a
/// second one. A third means that there is no stack left to report on.
[[gnu::tls_model("initial-exec")]] constinit thread_local unsigned reported = 0;
constexpr unsigned kMostReported = 2;

/// With next to no stack: the kernel's own structure, all zeroes, in static storage.
void restore_defaults() {
  static constexpr std::uint64_t kDefault[4] = {};
  constexpr std::size_t kMaskBytes = 8;
  for (const int signal : kSignals)
    ::syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kMaskBytes);
}

/// Holds the lock with all signals blocked: a handler may ask for what it interrupts.
class Hold {
 public:
  explicit Hold(Remembered& of) : of_(of) {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &kept_);
    lock(of_.lock);
  }
  ~Hold() {
    unlock(of_.lock);
    ::pthread_sigmask(SIG_SETMASK, &kept_, nullptr);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Remembered& of_;
  sigset_t kept_;
};

Remembered* remembered_of(int signal) {
  return signal == SIGSEGV ? &remembered[0] : signal == SIGBUS ? &remembered[1] : nullptr;
}

Access access_of(const ucontext_t& context) {
  // Bit 1 of the page fault's error code says write (Intel SDM, volume 3, 4.7).
  constexpr greg_t kWrite = 2;
  return (context.uc_mcontext.gregs[REG_ERR] & kWrite) != 0 ? Access::write : Access::read;
}

Fault fault_of(Address at, const BlockFacts& facts) {
  if (facts.state == BlockState::freed) return Fault::heap_use_after_free;
  return at < facts.begin ? Fault::heap_buffer_underflow : Fault::heap_buffer_overflow;
}

/// Reports a fault of the layer's pages; false if it is none.
bool report_fault(Address at, const ucontext_t& context) {
  Incident incident;
  if (!layer.pages.owns(at)) return false;
  if (++reported > kMostReported) return restore_defaults(), true;
  const bool known = layer.pages.find(at, incident.block);
  if (!known) incident.block = {};
  incident.fault = known ? fault_of(at, incident.block) : Fault::wild_access;
  incident.access = access_of(context);
  incident.bad = at;
  incident.operation = "access";
  incident.context = &context;
  // The instruction cannot be completed.
  incident.final = true;
  report_incident(incident);
  return true;
}

bool is_handler(const struct sigaction& action) {
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

/// What the program has set for the signal; SA_RESETHAND has its effect.
struct sigaction take_action(int signal) {
  Remembered& kept = *remembered_of(signal);
  const Hold hold(kept);
  const struct sigaction action = kept.action;
  const bool once = (static_cast<unsigned>(action.sa_flags) & unsigned{SA_RESETHAND}) != 0;
  if (once && is_handler(action)) kept.action.sa_handler = SIG_DFL;
  return action;
}

/// Calls the program's handler as the system would have, with what it wants blocked. It may never
/// return.
void call_handler(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  sigset_t blocked = action.sa_mask, kept;
  if ((action.sa_flags & SA_NODEFER) == 0) ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &kept);
  if ((action.sa_flags & SA_SIGINFO) != 0)
    action.sa_sigaction(signal, info, context);
  else
    action.sa_handler(signal);
  ::pthread_sigmask(SIG_SETMASK, &kept, nullptr);
}

/// As if the layer's handler were not there.
void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction action = take_action(signal);
  if (is_handler(action)) return call_handler(action, signal, info, context);
  // A signal somebody sent may be ignored; a fault comes again, and then ends the process.
  const bool sent = info->si_code <= 0;
  if (sent && action.sa_handler == SIG_IGN) return;
  ::signal(signal, SIG_DFL);
  if (sent) ::raise(signal);
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const int kept = errno;
  const bool of_access = info->si_code > 0;
  if (!of_access || !report_fault(reinterpret_cast<Address>(info->si_addr),
                                  *static_cast<const ucontext_t*>(context)))
    pass_on(signal, info, context);
  errno = kept;
}

// ---- what the program sets ----

int checked_sigaction(int signal, const struct sigaction* next, struct sigaction* former) {
  Remembered* kept = remembered_of(signal);
  if (kept == nullptr) return ::sigaction(signal, next, former);
  const Hold hold(*kept);
  // `former` may be the same as `next`.
  const struct sigaction before = kept->action;
  if (next != nullptr) kept->action = *next;
  if (former != nullptr) *former = before;
  return 0;
}

using Handler = void (*)(int);

Handler set_handler(int signal, Handler handler, int flags) {
  struct sigaction next{}, former{};
  next.sa_handler = handler;
  next.sa_flags = flags;
  checked_sigaction(signal, &next, &former);
  return former.sa_handler;
}

Handler checked_signal(int signal, Handler handler) {
  return remembered_of(signal) == nullptr ? ::signal(signal, handler)
                                          : set_handler(signal, handler, SA_RESTART);
}

Handler checked_sysv_signal(int signal, Handler handler) {
  return remembered_of(signal) == nullptr
             ? ::sysv_signal(signal, handler)
             : set_handler(signal, handler, static_cast<int>(SA_RESETHAND) | SA_NODEFER);
}

}  // namespace

void lock_fault_handlers() {
  for (Remembered& each : remembered) lock(each.lock);
}

void unlock_fault_handlers() {
  for (Remembered& each : remembered) unlock(each.lock);
}

void install_fault_handlers() {
  for (const int signal : kSignals) {
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    // On the program's own signal stack, if it has one: the fault may be that of a full stack.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    ::sigaction(signal, &action, &remembered_of(signal)->action);
  }
}

bool add_signal_functions(Redirector& redirector) {
  const auto add = [&redirector](const char* name, auto* function) {
    return redirector.add(name, reinterpret_cast<void*>(function), nullptr);
  };
  return add("sigaction", checked_sigaction) && add("__sigaction", checked_sigaction) &&
         add("signal", checked_signal) && add("bsd_signal", checked_signal) &&
         add("ssignal", checked_signal) && add("sysv_signal", checked_sysv_signal) &&
         add("__sysv_signal", checked_sysv_signal);
}

}  // namespace arenite
