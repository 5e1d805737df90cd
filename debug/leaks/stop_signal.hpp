// SPDX-License-Identifier: MIT
// The signal that stops threads, process-wide: its handler, what the program had set for it before,
// and the records the handler fills in. Only `StoppedThreads` uses it, one at a time.
//
// A record's word says whose turn it is, with the number of the stop beside it:
//   idle       the stopper's; nothing else in it counts
//   sent       either's: the handler takes it to `answering`, or the stopper back to `idle`
//   answering  the handler's, for some hundred instructions
//   stopped    the stopper's, until it lets go: the thread sleeps in its handler
// So a signal that arrives after its stop is over finds another word, and touches nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"

namespace arenite {

enum class TurnPhase : std::uint32_t { idle, sent, answering, stopped };

/// What the stopper alone keeps of a thread.
enum class StopState : std::uint8_t {
  asked,        ///< its signal is under way
  not_asked,    ///< it blocks the signal
  answered,     ///< stopped
  gone,         ///< ended
  left_running  ///< it did not answer in time
};

struct ThreadRecord {
  static constexpr unsigned kRegisters = 17;

  std::atomic<std::uint32_t> turn;
  int task;
  StopState state;
  /// The rest only of a thread that is stopped: its general registers, where its stack and its TLS
  /// are, and where its signal frame keeps the vector registers.
  Address registers[kRegisters];
  Address stack_pointer;
  Address thread_pointer;
  Address vector_registers;
  std::size_t vector_register_bytes;
};

namespace stop_signal {

inline constexpr std::size_t kMaxThreads = 16384;

/// The records, mapped at the first call and kept for good, since a late signal may look at them.
/// Null if there is no memory.
ThreadRecord* records();

/// Opens a stop: a number for it, never 0. Waits while another thread has one open. A forked child
/// is free to open one whatever its parent was doing.
std::uint32_t open_turn();
/// Lets go of all threads stopped in it, and opens another. Requires: one is open.
std::uint32_t next_turn();
/// Lets go of all threads stopped in it; puts the program's own handler back, unless signals of
/// ours are still under way.
void close_turn();

/// Which signal to take over: the one that is taken already, or else this one; 0 means the default.
int choose(int signal);
/// Takes over the signal that `choose` named. Returns it, 0 if it cannot be taken.
int take_over(int signal);

/// -ERROR; -ESRCH if the thread is gone.
long send(int signal, int task, std::uint32_t turn, std::size_t record);
bool exists(int task);
/// A thread whose signal was sent is left alone from now on. False if it is answering just now.
bool give_up(ThreadRecord& record, std::uint32_t turn);
/// Sleeps until some thread answers, at most for about a millisecond.
void wait_for_answers();

std::uint32_t turn_word(std::uint32_t turn, TurnPhase phase);

}  // namespace stop_signal
}  // namespace arenite
