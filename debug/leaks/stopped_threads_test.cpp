// SPDX-License-Identifier: MIT
#include "debug/leaks/stopped_threads.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/leaks/raw_syscall.hpp"
#include "debug/leaks/tasks.hpp"

namespace arenite {
namespace {

/// A busy machine may take a while.
constexpr StopSettings kPatient{.signal = 0, .patience_ms = 10'000};

void sleep_a_moment() {
  const timespec moment{0, 2'000'000};
  ::nanosleep(&moment, nullptr);
}

/// libc does not tell of its own.
void (*disposition(int signal))(int) {
  struct {
    void (*handler)(int);
    unsigned long rest[3];
  } now{};
  raw_syscall(SYS_rt_sigaction, signal, 0, &now, 8);
  return now.handler;
}

/// Whether the handlers are others than libc's own, which it sets as the first thread begins.
bool any_signal_taken() {
  static const auto of_libc = [] {
    std::thread([] {}).join();
    return disposition(33);
  }();
  if (disposition(33) != of_libc) return true;
  for (int signal = 34; signal <= 64; ++signal)
    if (disposition(signal) != SIG_DFL) return true;
  return false;
}

/// `how`: all that libc lets a program block, or really all.
enum class Blocking : std::uint8_t { none, by_libc, by_system };

void block_all(Blocking how) {
  sigset_t all;
  ::sigfillset(&all);
  const std::uint64_t words = ~std::uint64_t{0};
  if (how == Blocking::by_libc) ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  if (how == Blocking::by_system)
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &words, 0, sizeof words);
}

void unblock_all() {
  const std::uint64_t none = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

/// A thread that counts until its end.
class Counting {
 public:
  explicit Counting(Blocking blocking = Blocking::none)
      : thread_([this, blocking] {
          block_all(blocking);
          while (!end_.load(std::memory_order_relaxed)) {
            count_.fetch_add(1);
            if (unblock_.exchange(false)) unblock_all();
          }
        }) {
    while (count() == 0) std::this_thread::yield();
  }
  ~Counting() {
    end_.store(true);
    thread_.join();
  }
  std::uint64_t count() const { return count_.load(); }
  void unblock() { unblock_.store(true); }
  void wait_for_more() const {
    for (const std::uint64_t before = count(); count() < before + 1000;) std::this_thread::yield();
  }
  pthread_t handle() { return thread_.native_handle(); }

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<bool> end_{false};
  std::atomic<bool> unblock_{false};
  std::thread thread_;
};

TEST(StoppedThreads, of_a_process_of_one_thread_are_none) {
  ASSERT_FALSE(any_signal_taken());
  errno = EDOM;
  const StoppedThreads threads(kPatient);
  EXPECT_EQ(threads.trouble(), StopTrouble::none);
  EXPECT_EQ(threads.stopped(), 0u);
  EXPECT_FALSE(any_signal_taken());
  EXPECT_EQ(errno, EDOM);
}

TEST(StoppedThreads, stand_still_and_go_on_again_and_again) {
  // The first answer is what later ones are compared with.
  ASSERT_FALSE(any_signal_taken());
  Counting a, b;
  for (int round = 0; round < 20; ++round) {
    errno = EDOM;
    {
      const StoppedThreads threads(kPatient);
      ASSERT_EQ(threads.trouble(), StopTrouble::none);
      ASSERT_EQ(threads.stopped(), 2u);
      EXPECT_TRUE(any_signal_taken());
      const std::uint64_t at = a.count(), bt = b.count();
      sleep_a_moment();
      EXPECT_EQ(a.count(), at);
      EXPECT_EQ(b.count(), bt);
    }
    EXPECT_EQ(errno, EDOM);
    EXPECT_FALSE(any_signal_taken());
    a.wait_for_more();
    b.wait_for_more();
  }
}

TEST(StoppedThreads, tell_where_their_stacks_are) {
  std::atomic<Address> local{0}, thread_pointer{0};
  std::atomic<bool> end{false};
  std::thread thread([&] {
    int variable = 0;
    thread_pointer.store(reinterpret_cast<Address>(__builtin_thread_pointer()));
    local.store(reinterpret_cast<Address>(__builtin_frame_address(0)) +
                static_cast<Address>(variable));
    while (!end.load()) ::usleep(1000);
  });
  while (local.load() == 0) std::this_thread::yield();
  {
    const StoppedThreads threads(kPatient);
    EXPECT_EQ(threads.stopped(), 1u);
    threads.each_stopped([&](const ThreadRecord& record) {
      EXPECT_EQ(record.thread_pointer, thread_pointer.load());
      EXPECT_LT(record.stack_pointer, local.load());
      EXPECT_GT(record.stack_pointer, local.load() - 65536);
      EXPECT_GE(record.vector_register_bytes, 512u);
      EXPECT_TRUE(threads.memory().begin <= reinterpret_cast<Address>(&record) &&
                  threads.memory().end > reinterpret_cast<Address>(&record));
    });
  }
  end.store(true);
  thread.join();
}

TEST(StoppedThreads, that_block_all_signals_are_named_and_get_none_later) {
  Counting blocking(Blocking::by_system), open;
  {
    const StoppedThreads threads({.signal = 0, .patience_ms = 1000});
    EXPECT_EQ(threads.trouble(), StopTrouble::left_running);
    EXPECT_EQ(threads.stopped(), 1u);
    EXPECT_EQ(threads.left_running(), 1u);
    blocking.wait_for_more();
  }
  EXPECT_FALSE(any_signal_taken());
  blocking.unblock();
  blocking.wait_for_more();
}

TEST(StoppedThreads, whose_answers_come_late_do_no_harm) {
  Counting a, b, c;
  for (int round = 0; round < 50; ++round) {
    const StoppedThreads threads({.signal = 0, .patience_ms = 0});
    EXPECT_EQ(threads.stopped() + threads.left_running(), 3u);
  }
  // The last late answer gives the signal back; if it came during a stop, that stop's end.
  while (any_signal_taken()) std::this_thread::yield();
  a.wait_for_more();
  const StoppedThreads threads(kPatient);
  EXPECT_EQ(threads.stopped(), 3u);
}

std::atomic<int> handled{0};
void handle(int) {
  handled.fetch_add(1);
}

TEST(StoppedThreads, leave_the_programs_handler_in_place) {
  Counting counting;
  ::signal(SIGUSR2, handle);
  handled = 0;
  {
    const StoppedThreads threads({.signal = SIGUSR2, .patience_ms = 10'000});
    EXPECT_EQ(threads.stopped(), 1u);
    EXPECT_NE(disposition(SIGUSR2), &handle);
    // For the thread, while it stands still.
    ::pthread_kill(counting.handle(), SIGUSR2);
    sleep_a_moment();
    EXPECT_EQ(handled, 0);
  }
  EXPECT_EQ(disposition(SIGUSR2), &handle);
  while (handled == 0) std::this_thread::yield();
  EXPECT_EQ(handled, 1);
  ::raise(SIGUSR2);
  EXPECT_EQ(handled, 2);
  ::signal(SIGUSR2, SIG_IGN);
  {
    const StoppedThreads threads({.signal = SIGUSR2, .patience_ms = 10'000});
    ::pthread_kill(counting.handle(), SIGUSR2);
  }
  EXPECT_EQ(disposition(SIGUSR2), SIG_IGN);
  ::signal(SIGUSR2, SIG_DFL);
}

/// Of our signal while it is taken, which is not ours, a thread that was left running gets.
template <class Handler>
void send_during_a_stop(Handler wait_until_handled) {
  Counting deaf(Blocking::by_system), open;
  const StoppedThreads threads({.signal = SIGUSR2, .patience_ms = 200});
  EXPECT_EQ(threads.stopped(), 1u);
  EXPECT_EQ(threads.left_running(), 1u);
  deaf.unblock();
  deaf.wait_for_more();
  ::pthread_kill(deaf.handle(), SIGUSR2);
  wait_until_handled(deaf);
}

TEST(StoppedThreads, get_the_programs_signals_that_are_not_ours_handled) {
  const auto wait = [](const Counting&) {
    while (handled == 0) std::this_thread::yield();
  };
  handled = 0;
  ::signal(SIGUSR2, handle);
  send_during_a_stop(wait);
  EXPECT_EQ(handled, 1);

  handled = 0;
  struct sigaction action{};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
    if (signal == SIGUSR2 && info->si_code == SI_TKILL && context != nullptr) handled = 1;
  };
  ASSERT_EQ(::sigaction(SIGUSR2, &action, nullptr), 0);
  send_during_a_stop(wait);
  EXPECT_EQ(handled, 1);

  ::signal(SIGUSR2, SIG_IGN);
  send_during_a_stop([](const Counting& deaf) { deaf.wait_for_more(); });
  ::signal(SIGUSR2, SIG_DFL);
}

TEST(StoppedThreads, die_of_the_programs_signals_as_they_would_have) {
  EXPECT_EXIT(send_during_a_stop([](const Counting&) { ::pause(); }),
              testing::KilledBySignal(SIGUSR2), "");
}

TEST(StoppedThreads, without_memory_none_are) {
  Counting counting;
  rlimit usual;
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &usual), 0);
  const rlimit none{0, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);
  StopTrouble trouble = StopTrouble::none;
  std::size_t stopped = 0;
  {
    const StoppedThreads threads(kPatient);
    trouble = threads.trouble();
    stopped = threads.stopped();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &usual), 0);
  EXPECT_EQ(trouble, StopTrouble::no_memory);
  EXPECT_EQ(stopped, 0u);
  counting.wait_for_more();
}

TEST(StoppedThreads, that_block_all_they_can_are_stopped_by_default) {
  Counting counting(Blocking::by_libc);
  const StoppedThreads threads(kPatient);
  EXPECT_EQ(threads.trouble(), StopTrouble::none);
  EXPECT_EQ(threads.stopped(), 1u);
}

TEST(StoppedThreads, leave_libc_the_signal_it_changes_user_ids_with) {
  Counting counting;
  for (int round = 0; round < 3; ++round) {
    // Every thread has to take libc's own signal for this to return.
    ASSERT_EQ(::setgid(::getgid()), 0);
    const StoppedThreads threads(kPatient);
    EXPECT_EQ(threads.stopped(), 1u);
  }
  ASSERT_EQ(::setgid(::getgid()), 0);
  const auto of_libc = disposition(33);
  {
    const StoppedThreads threads(kPatient);
    EXPECT_NE(disposition(33), of_libc);
  }
  EXPECT_EQ(disposition(33), of_libc);
}

TEST(StoppedThreads, a_signal_that_cannot_be_taken) {
  Counting counting;
  const StoppedThreads threads({.signal = SIGKILL, .patience_ms = 5});
  EXPECT_EQ(threads.trouble(), StopTrouble::no_signal);
  EXPECT_EQ(threads.stopped(), 0u);
}

TEST(StoppedThreads, come_and_go_meanwhile) {
  std::atomic<bool> end{false};
  std::atomic<std::uint64_t> steps{0};
  std::vector<std::thread> parents;
  for (int i = 0; i < 4; ++i)
    parents.emplace_back([&] {
      while (!end.load()) {
        std::thread child([&] { steps.fetch_add(1); });
        steps.fetch_add(1);
        child.join();
      }
    });
  for (int round = 0; round < 30; ++round) {
    const StoppedThreads threads(kPatient);
    EXPECT_EQ(threads.trouble(), StopTrouble::none);
    const std::uint64_t before = steps.load();
    sleep_a_moment();
    EXPECT_EQ(steps.load(), before);
  }
  end.store(true);
  for (std::thread& parent : parents) parent.join();
}

TEST(StoppedThreads, one_that_waits_unreachable_for_another_is_stopped_at_the_next_attempt) {
  std::atomic<bool> held{true}, waiting{false}, end{false};
  // Gives up what it holds once it has been stopped: its clock jumps.
  std::thread holder([&] {
    auto last = std::chrono::steady_clock::now();
    while (!end.load()) {
      const auto now = std::chrono::steady_clock::now();
      if (now - last > std::chrono::milliseconds(150)) held.store(false);
      last = now;
    }
  });
  std::thread waiter([&] {
    block_all(Blocking::by_system);
    waiting.store(true);
    while (held.load()) std::this_thread::yield();
    unblock_all();
    while (!end.load()) std::this_thread::yield();
  });
  while (!waiting.load()) std::this_thread::yield();
  {
    const StoppedThreads threads({.signal = 0, .patience_ms = 2000});
    EXPECT_EQ(threads.trouble(), StopTrouble::none);
    EXPECT_EQ(threads.stopped(), 2u);
  }
  EXPECT_FALSE(held.load());
  end.store(true);
  holder.join();
  waiter.join();
}

TEST(StoppedThreads, two_threads_that_stop_each_other_take_turns) {
  std::atomic<int> open{0};
  const auto stop = [&] {
    for (int round = 0; round < 50; ++round) {
      const StoppedThreads threads(kPatient);
      EXPECT_EQ(open.fetch_add(1), 0);
      EXPECT_EQ(threads.trouble(), StopTrouble::none);
      open.fetch_sub(1);
    }
  };
  std::thread a(stop), b(stop);
  a.join();
  b.join();
}

TEST(StoppedThreads, of_a_forked_child) {
  Counting counting;
  const StoppedThreads outer(kPatient);
  const pid_t child = ::fork();
  if (child == 0) {
    // The parent's stop is open, and its threads are not here.
    const StoppedThreads threads(kPatient);
    ::_exit(threads.trouble() == StopTrouble::none && threads.stopped() == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(StoppedThreads, meanwhile_all_signals_wait_but_the_callers_own_faults) {
  sigset_t before, meanwhile, after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  {
    const StoppedThreads threads(kPatient);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &meanwhile);
  }
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (int signal = 1; signal < 32; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    const bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
                       signal == SIGFPE || signal == SIGTRAP || signal == SIGABRT;
    EXPECT_EQ(::sigismember(&meanwhile, signal), fault ? 0 : 1) << signal;
    EXPECT_EQ(::sigismember(&after, signal), ::sigismember(&before, signal)) << signal;
  }
}

/// A late signal of an earlier stop would be taken for one of this stop.
TEST(StopSignal, each_stop_has_another_number_that_fits_into_a_records_word) {
  std::uint32_t last = stop_signal::open_turn();
  for (int i = 0; i < 10; ++i) {
    const std::uint32_t turn = stop_signal::next_turn();
    EXPECT_NE(turn, 0u);
    EXPECT_NE(stop_signal::turn_word(turn, TurnPhase::sent),
              stop_signal::turn_word(last, TurnPhase::sent));
    EXPECT_EQ(stop_signal::turn_word(turn, TurnPhase::sent) >> 2, turn);
    last = turn;
  }
  stop_signal::close_turn();
}

TEST(Tasks, that_cannot_be_looked_at_are_told) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_NOFILE, &none);
    static char buffer[kTaskBufferBytes];
    const bool told = each_task(buffer, [](void*, int) {}, nullptr);
    const TaskState state = task_state(::getpid(), 62, buffer);
    ::_exit(!told && state == TaskState::takes_signal ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/// As the kernel takes it.
struct Action {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long rest[3];
};
Action of_stops;
/// What is reserved for software in a frame's vector registers: a mark, and bytes in all.
struct FrameWords {
  std::uint32_t mark;
  std::uint32_t bytes;
} frame_words;

/// The handler of stops, which finds other words in its frame than the kernel wrote.
void answer_with_other_words(int signal, siginfo_t* info, void* context) {
  constexpr std::size_t kWordsAt = 464;
  auto* const vectors =
      reinterpret_cast<char*>(static_cast<ucontext_t*>(context)->uc_mcontext.fpregs);
  FrameWords of_kernel;
  std::memcpy(&of_kernel, vectors + kWordsAt, sizeof of_kernel);
  std::memcpy(vectors + kWordsAt, &frame_words, sizeof frame_words);
  of_stops.handler(signal, info, context);
  std::memcpy(vectors + kWordsAt, &of_kernel, sizeof of_kernel);
}

TEST(StopSignal, vector_registers_are_as_many_bytes_as_a_frame_with_the_mark_says) {
  constexpr std::uint32_t kMark = 0x46505853;
  struct Case {
    FrameWords words;
    std::size_t bytes;
  };
  std::atomic<int> task{0};
  std::atomic<bool> end{false};
  std::thread thread([&] {
    task.store(::gettid());
    while (!end.load()) std::this_thread::yield();
  });
  while (task.load() == 0) std::this_thread::yield();
  ThreadRecord& record = stop_signal::records()[0];
  for (const Case& each : {Case{{kMark, 1024}, 1024}, Case{{kMark, 65536}, 65536},
                           Case{{kMark, 65537}, 512}, Case{{0, 1024}, 512}, Case{{0, 0}, 512}}) {
    const std::uint32_t turn = stop_signal::open_turn();
    const int signal = stop_signal::take_over(stop_signal::choose(SIGUSR2));
    raw_syscall(SYS_rt_sigaction, signal, 0, &of_stops, 8);
    const Action other{&answer_with_other_words,
                       {of_stops.rest[0], of_stops.rest[1], of_stops.rest[2]}};
    frame_words = each.words;
    raw_syscall(SYS_rt_sigaction, signal, &other, 0, 8);
    ASSERT_EQ(stop_signal::send(signal, task.load(), turn, 0), 0);
    while (record.turn.load() != stop_signal::turn_word(turn, TurnPhase::stopped))
      stop_signal::wait_for_answers();
    EXPECT_EQ(record.vector_register_bytes, each.bytes);
    raw_syscall(SYS_rt_sigaction, signal, &of_stops, 0, 8);
    stop_signal::close_turn();
  }
  end.store(true);
  thread.join();
  EXPECT_FALSE(any_signal_taken());
}

TEST(Tasks, states_as_the_system_tells_them) {
  const auto state = [](const char* text, int signal) {
    return parse_task_state(text, std::strlen(text), signal);
  };
  const char* running = "Name:\tx\nState:\tS (sleeping)\nSigPnd:\t0\nSigBlk:\t2000000000000001\n";
  EXPECT_EQ(state(running, 62), TaskState::blocks_signal);
  EXPECT_EQ(state(running, 1), TaskState::blocks_signal);
  EXPECT_EQ(state(running, 61), TaskState::takes_signal);
  EXPECT_EQ(state("Name:\tx\nState:\tZ (zombie)\nSigBlk:\t0\n", 62), TaskState::gone);
  EXPECT_EQ(state("Name:\tState:\tZ\nState:\tR (running)\nSigBlk:\t0\n", 62),
            TaskState::takes_signal);
  EXPECT_EQ(state("Name:\tiou-wrk-7\nState:\tS\nSigBlk:\tfffffffffffbfeff\n", 62), TaskState::gone);
  EXPECT_EQ(state("Name:\tiou-own\nState:\tS\nSigBlk:\t0\n", 62), TaskState::takes_signal);
  EXPECT_EQ(state("", 62), TaskState::takes_signal);
  std::vector<char> buffer(kTaskBufferBytes);
  EXPECT_EQ(task_state(0x7fffffff, 62, buffer.data()), TaskState::gone);
  EXPECT_EQ(task_state(::getpid(), 62, buffer.data()), TaskState::takes_signal);
}

}  // namespace
}  // namespace arenite
