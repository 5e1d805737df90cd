// SPDX-License-Identifier: MIT
// Threads that are stopped by a signal for a leak check: who stops them reads what they wrote, and
// they go on with what was written meanwhile. Each waits for the signal where it has nothing else
// to do; the handler is the real one.
#include "debug/leaks/stop_signal.hpp"
#include "debug/leaks/stopped_threads.hpp"
#include "proptests/schedule/fake_kernel.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

/// Plain data of the threads that are stopped, and of who stops them.
int world;
unsigned seen;

void start(std::initializer_list<int> tasks) {
  check(stop_signal::records() != nullptr, "no memory");
  start_kernel(tasks);
  world = 0;
  seen = 0;
}

/// The registers were written by a handler.
void look_at(const ThreadRecord& record) {
  for (const Address each : record.registers) check(each == 0, "not the registers");
  ++seen;
}

void stop_and_look() {
  const StoppedThreads stopped({});
  check(stopped.trouble() == StopTrouble::none && stopped.stopped() == 1, "not stopped");
  stopped.each_stopped(look_at);
}

TEST(StopSchedules, OneStopIsOpenAtATime) {
  const auto stop = [] {
    stop_signal::open_turn();
    check(stop_signal::take_over(stop_signal::choose(0)) != 0, "no signal");
    ++world;
    stop_signal::close_turn();
  };
  expect_clean({[] { start({}); }, {stop, stop}, [] { check(world == 2, "a stop is lost"); }},
               {.bound = 3});
}

TEST(StopSchedules, StoppedThreadsShowWhatTheyWrote) {
  expect_clean({[] { start({1, 2}); },
                {[] {
                   const StoppedThreads stopped({});
                   check(stopped.stopped() == 1, "not stopped");
                   stopped.each_stopped(look_at);
                   check(world == 1, "runs");
                   world = 2;
                 },
                 [] {
                   world = 1;
                   take_signal();
                   check(world == 2, "went on too early");
                 }},
                [] { check(seen == 1, "nobody was seen"); }},
               {.bound = 3});
}

TEST(StopSchedules, RecordsAreWrittenAfterTheirFormerReader) {
  // The second stop gives the record to a thread that was not in the first.
  expect_clean({[] { start({1, 2}); },
                {[] {
                   stop_and_look();
                   set_tasks({1, 3});
                   stop_and_look();
                 },
                 take_signal, take_signal},
                [] { check(seen == 2, "nobody was seen"); }},
               {.bound = 2});
}

TEST(StopSchedules, TheNextTurnLetsGoOfThoseOfTheFormer) {
  expect_clean({[] { start({1, 2}); },
                {[] {
                   const std::uint32_t turn = stop_signal::open_turn();
                   ThreadRecord& record = stop_signal::records()[0];
                   stop_signal::send(stop_signal::take_over(stop_signal::choose(0)), 2, turn, 0);
                   while (record.turn.load(std::memory_order_relaxed) !=
                          stop_signal::turn_word(turn, TurnPhase::stopped))
                     stop_signal::wait_for_answers();
                   world = 1;
                   stop_signal::next_turn();
                   stop_signal::close_turn();
                 },
                 [] {
                   take_signal();
                   check(world == 1, "went on too early");
                 }},
                [] {}},
               {.bound = 3});
}

}  // namespace
}  // namespace arenite::schedule
