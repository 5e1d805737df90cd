// SPDX-License-Identifier: MIT
#include "debug/leaks/stop_signal.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "debug/leaks/mapped_memory.hpp"

// The way out of a handler, as every C library has it; debuggers and unwinders know it by its
// bytes.
extern "C" void arenite_leaks_return_from_signal();
asm(R"(
  .pushsection .text
  .globl arenite_leaks_return_from_signal
  .hidden arenite_leaks_return_from_signal
  .type arenite_leaks_return_from_signal, @function
arenite_leaks_return_from_signal:
  mov $15, %rax
  syscall
  .size arenite_leaks_return_from_signal, . - arenite_leaks_return_from_signal
  .popsection
)");

namespace arenite::stop_signal {
namespace {

/// As the kernel takes it. Set without libc's sigaction: tools that put themselves before that one
/// hold signals back until the thread calls into libc, which one that computes never does.
struct KernelAction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};
constexpr unsigned long kRestorer = 0x04000000;
constexpr std::size_t kMaskBytes = 8;
/// The one glibc has every thread take on a new user id with. Its pthread_sigmask never blocks it,
/// so that it reaches threads which block all they can; debuggers let it pass unseen. What libc
/// sends itself is handed on.
constexpr int kDefaultSignal = 33;
/// Sent with ours, and no value the kernel or libc's functions use.
constexpr int kOurCode = -77;

constinit std::atomic<ThreadRecord*> mapped_records{nullptr};
/// The process that has a stop open; 0 if none has.
constinit std::atomic<int> holder{0};
/// The number of the stop that is open; 0 lets go of whoever sleeps on it.
constinit std::atomic<std::uint32_t> gate{0};
constinit std::atomic<std::uint32_t> last_turn{0};
constinit std::atomic<std::uint32_t> answers{0};
/// Signals that were sent, and given up waiting for.
constinit std::atomic<int> under_way{0};
/// The process that counts them: a forked child has none of its parent's.
constinit std::atomic<int> counted_in{0};
/// What is taken over; 0 nothing. `former` counts only while it is not 0, and is written while it
/// is.
constinit std::atomic<int> taken{0};
constinit KernelAction former{};

int process() {
  return static_cast<int>(raw_syscall(SYS_getpid));
}

void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t value, const timespec* limit) {
  raw_syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, limit, 0, 0);
}

void wake_all(std::atomic<std::uint32_t>& word) {
  raw_syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 0x7fffffff, 0, 0, 0);
}

long action(int signal, const KernelAction* now, KernelAction* before) {
  return raw_syscall(SYS_rt_sigaction, signal, now, before, kMaskBytes);
}

void answer(int signal, siginfo_t* info, void* context);

/// Only where our handler is still the one that is set.
void put_back() {
  const int signal = taken.load(std::memory_order_relaxed);
  KernelAction now{};
  if (signal == 0) return;
  if (action(signal, nullptr, &now) == 0 && now.handler == &answer)
    action(signal, &former, nullptr);
  taken.store(0, std::memory_order_relaxed);
}

bool try_hold() {
  const int own = process();
  int expected = 0;
  // Acquire: pairs with the release in `let_go_of_hold`.
  if (holder.compare_exchange_strong(expected, own, std::memory_order_acquire)) return true;
  // Another process's number is what a forked child copied.
  return expected != own && holder.compare_exchange_strong(expected, own);
}

void let_go_of_hold() {
  holder.store(0, std::memory_order_release);  // pairs with the acquire in `try_hold`
}

/// The program's handler, as the type it was set with.
void call_former(int signal, siginfo_t* info, void* context) {
  if ((former.flags & SA_SIGINFO) != 0) return former.handler(signal, info, context);
  const auto of_no_type = reinterpret_cast<void (*)()>(former.handler);
  reinterpret_cast<void (*)(int)>(of_no_type)(signal);
}

/// A signal of this number that is not ours goes where it would have gone.
void pass_on(int signal, siginfo_t* info, void* context) {
  const auto kind = reinterpret_cast<std::uintptr_t>(former.handler);
  if (kind == reinterpret_cast<std::uintptr_t>(SIG_IGN)) return;
  if (kind != reinterpret_cast<std::uintptr_t>(SIG_DFL)) return call_former(signal, info, context);
  action(signal, &former, nullptr);
  raw_syscall(SYS_rt_tgsigqueueinfo, process(), raw_syscall(SYS_gettid), signal, info);
}

std::size_t vector_register_bytes(const void* state) {
  // Reserved for software, linux/arch/x86/include/uapi/asm/sigcontext.h: a mark, then the size with
  // everything the processor saves.
  constexpr std::size_t kMarkAt = 464, kLegacyBytes = 512, kMostBytes = 65536;
  constexpr std::uint32_t kMark = 0x46505853;
  std::uint32_t words[2];
  std::memcpy(words, static_cast<const char*>(state) + kMarkAt, sizeof words);
  return words[0] == kMark && words[1] <= kMostBytes ? words[1] : kLegacyBytes;
}

void save(ThreadRecord& record, const ucontext_t& context) {
  static_assert(ThreadRecord::kRegisters == REG_RIP + 1);
  for (unsigned i = 0; i < ThreadRecord::kRegisters; ++i)
    record.registers[i] = static_cast<Address>(context.uc_mcontext.gregs[i]);
  record.stack_pointer = static_cast<Address>(context.uc_mcontext.gregs[REG_RSP]);
  record.thread_pointer = reinterpret_cast<Address>(__builtin_thread_pointer());
  const void* vectors = context.uc_mcontext.fpregs;
  record.vector_registers = reinterpret_cast<Address>(vectors);
  record.vector_register_bytes = vectors == nullptr ? 0 : vector_register_bytes(vectors);
}

/// What was given up waiting for has come; the last of them lets the program have its signal back.
void take_late() {
  if (under_way.fetch_sub(1) != 1 || !try_hold()) return;
  if (under_way.load() == 0) put_back();
  let_go_of_hold();
}

void answer(int signal, siginfo_t* info, void* context) {
  if (info->si_code != kOurCode || info->si_pid != process()) return pass_on(signal, info, context);
  const auto value = reinterpret_cast<std::uint64_t>(info->si_value.sival_ptr);
  const auto turn = static_cast<std::uint32_t>(value >> 32);
  ThreadRecord* records = mapped_records.load(std::memory_order_relaxed);
  ThreadRecord& record = records[static_cast<std::uint32_t>(value)];
  std::uint32_t expected = turn_word(turn, TurnPhase::sent);
  // Acquire: pairs with the release in `send`.
  if (!record.turn.compare_exchange_strong(expected, turn_word(turn, TurnPhase::answering),
                                           std::memory_order_acquire))
    return take_late();
  save(record, *static_cast<const ucontext_t*>(context));
  // Release: pairs with the acquire by which the stopper reads the record.
  record.turn.store(turn_word(turn, TurnPhase::stopped), std::memory_order_release);
  // Relaxed: it only wakes the stopper, which then looks at the record.
  answers.fetch_add(1, std::memory_order_relaxed);
  wake_all(answers);
  // Acquire: pairs with the release in `close_turn`.
  while (gate.load(std::memory_order_acquire) == turn) sleep_on(gate, turn, nullptr);
}

}  // namespace

std::uint32_t turn_word(std::uint32_t turn, TurnPhase phase) {
  return turn << 2 | static_cast<std::uint32_t>(phase);
}

ThreadRecord* records() {
  ThreadRecord* records = mapped_records.load(std::memory_order_relaxed);
  if (records != nullptr) return records;
  const long got =
      raw_syscall(SYS_mmap, 0, kMaxThreads * sizeof(ThreadRecord), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got < 0 && got > -4096) return nullptr;
  records = reinterpret_cast<ThreadRecord*>(got);
  mapped_records.store(records, std::memory_order_relaxed);
  return records;
}

std::uint32_t open_turn() {
  const timespec limit{0, 1'000'000};
  while (!try_hold()) raw_syscall(SYS_nanosleep, &limit, 0);
  if (counted_in.exchange(process()) != process()) under_way.store(0);
  return next_turn();
}

std::uint32_t next_turn() {
  // Two bits of a record's word are the phase.
  std::uint32_t turn = (last_turn.load(std::memory_order_relaxed) + 1) & (~std::uint32_t{0} >> 2);
  if (turn == 0) turn = 1;
  last_turn.store(turn, std::memory_order_relaxed);
  gate.store(turn, std::memory_order_release);  // pairs with the acquire in `answer`
  wake_all(gate);
  return turn;
}

void close_turn() {
  gate.store(0, std::memory_order_release);  // pairs with the acquire in `answer`
  wake_all(gate);
  if (under_way.load() == 0) put_back();
  let_go_of_hold();
}

int choose(int signal) {
  const int held = taken.load(std::memory_order_relaxed);
  if (held != 0) return held;
  return signal != 0 ? signal : kDefaultSignal;
}

int take_over(int signal) {
  const int held = taken.load(std::memory_order_relaxed);
  if (held != 0) return held;
  // On the thread's alternative stack, where it has one: its own may be small. All signals wait, or
  // the program's handlers would run in a thread at rest.
  const KernelAction ours{&answer, SA_SIGINFO | SA_RESTART | SA_ONSTACK | kRestorer,
                          &arenite_leaks_return_from_signal, ~std::uint64_t{0}};
  if (action(signal, nullptr, &former) != 0 || action(signal, &ours, nullptr) != 0) return 0;
  taken.store(signal, std::memory_order_relaxed);
  return signal;
}

long send(int signal, int task, std::uint32_t turn, std::size_t record) {
  ThreadRecord& of_task = mapped_records.load(std::memory_order_relaxed)[record];
  // Release: pairs with the acquire in `answer`.
  of_task.turn.store(turn_word(turn, TurnPhase::sent), std::memory_order_release);
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = kOurCode;
  info.si_pid = process();
  info.si_value.sival_ptr =
      reinterpret_cast<void*>(static_cast<std::uint64_t>(turn) << 32 | record);
  return raw_syscall(SYS_rt_tgsigqueueinfo, process(), task, signal, &info);
}

bool exists(int task) {
  return raw_syscall(SYS_tgkill, process(), task, 0) != -ESRCH;
}

bool give_up(ThreadRecord& record, std::uint32_t turn) {
  std::uint32_t expected = turn_word(turn, TurnPhase::sent);
  // Counted before, or the handler could count it down first.
  under_way.fetch_add(1);
  if (record.turn.compare_exchange_strong(expected, turn_word(turn, TurnPhase::idle))) return true;
  under_way.fetch_sub(1);
  return false;
}

void wait_for_answers() {
  const timespec limit{0, 1'000'000};
  // Relaxed: the stopper looks at the records, which say it all; late news cost a millisecond. An
  // answer that comes between this and the sleep makes it none.
  const std::uint32_t seen = answers.load(std::memory_order_relaxed);
  sleep_on(answers, seen, &limit);
}

}  // namespace arenite::stop_signal
