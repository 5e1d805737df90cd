// SPDX-License-Identifier: MIT
// Turns the heap's fatal messages into values, while it lives. The heap's state after one is as
// before the call, by the order in which the heap checks and acts.
#pragma once

#include <string>
#include <utility>

#include "base/contract.hpp"

namespace arenite::model {

/// What the fatal handler throws.
struct Fatal {
  std::string message;
};

class FatalTrap {
 public:
  FatalTrap() : former_(set_fatal_handler([](const char* message) { throw Fatal{message}; })) {}
  ~FatalTrap() { set_fatal_handler(former_); }
  FatalTrap(const FatalTrap&) = delete;
  FatalTrap& operator=(const FatalTrap&) = delete;

 private:
  FatalHandler former_;
};

/// The fatal message that a call ends in, or nothing.
template <class Call>
std::string fatal_message(Call call) {
  try {
    std::move(call)();
  } catch (const Fatal& fatal) {
    return fatal.message;
  }
  return "";
}

}  // namespace arenite::model
