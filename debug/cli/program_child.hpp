// SPDX-License-Identifier: MIT
// Runs a heap program in a forked child, so that whatever it does to its process is told, too. On
// the process's only thread. Throws CannotTell if there can be no child.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "proptests/model/outcome.hpp"
#include "proptests/model/program.hpp"
#include "proptests/model/run_options.hpp"

namespace arenite::cli {

/// How programs are run: `model::run`, or in tests a heap with a bug.
using Runner = std::function<model::Outcome(const model::Program&, model::RunOptions)>;

struct ProgramEnd {
  enum class How : std::uint8_t { clean, diverged, killed, timed_out };
  How how = How::clean;
  /// Of `killed`.
  int signal = 0;
  /// Of `diverged`: the property's number.
  std::string property;
  /// Of `diverged`: the operation and what was wrong.
  std::string text;
  /// Of the others: how many operations had begun.
  std::uint32_t begun = 0;
  /// Operations that did something.
  std::uint32_t executed = 0;

  /// Whether both are the same failure, as far as can be told.
  bool is_like(const ProgramEnd& other) const {
    return how == other.how && signal == other.signal && property == other.property;
  }
};

/// `quiet`: what the child writes goes nowhere.
ProgramEnd run_in_child(const model::Program& program, const Runner& runner,
                        model::RunOptions options, unsigned limit_s, bool quiet);

/// In words, for people.
std::string to_text(const ProgramEnd& end, const model::Program& program);

}  // namespace arenite::cli
