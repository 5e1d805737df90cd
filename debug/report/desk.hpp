// SPDX-License-Identifier: MIT
// The one place of a process where reports are made out and sent off: one at a time, whichever
// threads, signal handlers and forked children have something to say. A thread that finds an error
// takes a Turn, fills the Report it holds, and delivers it.
//
// Never allocates: the report and its text live in memory mapped beforehand. Signal-safe; preserves
// errno. Neither hangs nor loses a report: an error inside of reporting is cut short to one line,
// and who has waited for too long gets memory of its own and goes ahead.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "debug/options/options.hpp"
#include "debug/report/leak_report.hpp"
#include "debug/report/report.hpp"
#include "debug/report/text.hpp"

namespace arenite {

/// The strings outlive the desk.
struct DeskSettings {
  const char* log_path = "";  ///< %p stands for the process; empty: stderr
  ReportFormat format = ReportFormat::text;
  const char* symbolizer = "";  ///< the `arenite` program; empty: frames stay raw
  FrameNames names;
  unsigned symbolize_ms = 20'000;  ///< after that the raw text is written
  unsigned turn_ms = 60'000;       ///< how long a thread waits for its turn
};

class ReportDesk {
 public:
  /// Everything one report is written in; 256 KiB of it is text.
  struct Place;

  constexpr ReportDesk() = default;
  ReportDesk(const ReportDesk&) = delete;
  ReportDesk& operator=(const ReportDesk&) = delete;

  /// Before any report. False if there is no memory; then each report tries again.
  bool open(const DeskSettings& settings);
  /// No report may be under way.
  void close();
  /// Reports go to this descriptor from now on, whatever `log_path` says.
  void set_descriptor(int descriptor) { descriptor_.store(descriptor, std::memory_order_relaxed); }
  /// The forked child has only the thread that forked, whatever others were about. A child nobody
  /// told of is noticed by its number.
  void after_fork_in_child();

  /// A thread's time at the desk, from construction to destruction.
  class Turn {
   public:
    /// Waits for its turn. `what` says what has happened, should this be an error inside of
    /// reporting; then, and if there is no memory, a line is written and there is no turn.
    Turn(ReportDesk& desk, const char* what);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    explicit operator bool() const { return place_ != nullptr; }
    /// As default-constructed, but for the process. Requires a turn.
    Report& report();
    /// Writes the report. Requires a turn; once.
    void deliver(Ending ending);
    /// Writes this instead of the report. Requires a turn; once.
    void deliver(const LeakReport& leaks);

   private:
    void send();

    ReportDesk& desk_;
    Place* place_;
    int errno_;
    int cancel_state_ = 0;
    bool own_memory_ = false;
  };

 private:
  enum class Wait { turn, nested, overdue };

  Wait await_turn(std::uint32_t self);
  void leave(std::uint32_t self);
  void notice_fork();
  void cut_short(const char* what) const;

  DeskSettings settings_;
  std::atomic<int> descriptor_{-1};  ///< -1: `log_path` says where
  Place* place_ = nullptr;
  /// The thread whose turn it is, 0 for none. Threads wait on it.
  std::atomic<std::uint32_t> owner_{0};
  /// The last thread that went ahead without a turn.
  std::atomic<std::uint32_t> overdue_{0};
  std::atomic<std::uint32_t> process_{0};
};

}  // namespace arenite
