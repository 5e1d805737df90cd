// SPDX-License-Identifier: MIT
// Who decides what a run leaves open: which thread goes on, and which value a load returns. Choice
// 0 is always the plain one: the thread that runs goes on, a load returns the last value.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "proptests/schedule/clock.hpp"

namespace arenite::schedule {

enum class Question : std::uint8_t {
  preempt,  ///< another thread instead of one that could go on
  go_on,    ///< which thread, as the last one cannot or need not
  load,     ///< how many values back
};

/// The choices of a run that are not 0, each as "step:choice". Replays that run.
class Schedule {
 public:
  void clear() { choices_.clear(); }
  void add(std::uint32_t step, unsigned choice) {
    if (choice != 0) choices_.push_back({step, choice});
  }
  unsigned at(std::uint32_t step) const;
  std::string text() const;
  /// False if the text is no schedule.
  bool parse(const std::string& text);

 private:
  struct Choice {
    std::uint32_t step;
    unsigned choice;
  };
  std::vector<Choice> choices_;
};

class Chooser {
 public:
  Chooser() = default;
  Chooser(const Chooser&) = delete;
  Chooser& operator=(const Chooser&) = delete;
  virtual ~Chooser() = default;

  /// A number below `options`. `threads`: whom each option means, empty for a load.
  virtual unsigned choose(std::uint32_t step, Question question, unsigned options,
                          std::span<const ThreadIndex> threads) = 0;
  /// Whether steps are asked about that have but one option, as far as is known.
  virtual bool asked_always() const { return false; }
};

/// Every run within a bound on preemptions and old values together, depth first.
class DepthFirst : public Chooser {
 public:
  explicit DepthFirst(unsigned bound) : bound_(bound) {}

  unsigned choose(std::uint32_t step, Question question, unsigned options,
                  std::span<const ThreadIndex> threads) override;
  /// Goes back to before the first run.
  void restart() { path_.clear(), begin(); }
  /// To the next run; false if there is none.
  bool next();

 private:
  struct Decision {
    std::uint32_t step;
    std::uint32_t options;
    std::uint32_t chosen;
  };
  void begin() { depth_ = 0, used_ = 0; }

  unsigned bound_;
  unsigned used_ = 0;
  std::size_t depth_ = 0;
  std::vector<Decision> path_;
};

/// Random priorities that drop at a few random steps (Burckhardt, Kothari, Musuvathi, Nagarakatte:
/// A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010), and random old
/// values.
class Priorities : public Chooser {
 public:
  Priorities(std::uint64_t seed, unsigned changes) : random_(seed), changes_(changes) {}

  /// Before each run; `steps`: how long runs are.
  void begin(std::uint32_t steps);
  unsigned choose(std::uint32_t step, Question question, unsigned options,
                  std::span<const ThreadIndex> threads) override;

 private:
  std::mt19937_64 random_;
  unsigned changes_;
  std::vector<std::uint32_t> drops_;
  int lowest_ = 0;
  int priority_[kMostThreads + 1] = {};
};

class Replay : public Chooser {
 public:
  explicit Replay(Schedule schedule) : schedule_(std::move(schedule)) {}

  unsigned choose(std::uint32_t step, Question, unsigned options,
                  std::span<const ThreadIndex> threads) override {
    const unsigned choice = schedule_.at(step);
    return threads.empty() ? choice : std::min(choice, options - 1);
  }
  bool asked_always() const override { return true; }

 private:
  Schedule schedule_;
};

}  // namespace arenite::schedule
