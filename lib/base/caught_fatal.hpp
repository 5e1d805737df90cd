// SPDX-License-Identifier: MIT
// What the fatal handler was told, as a value. For tests.
#pragma once

#include <string>

#include "base/contract.hpp"

namespace arenite {

struct CaughtFatal {
  std::string message;
};

/// Runs `action` with a fatal handler that throws. Returns the message, or "" if nothing was fatal.
template <class Action>
std::string fatal_message(Action action) {
  const FatalHandler former =
      set_fatal_handler([](const char* message) { throw CaughtFatal{message}; });
  std::string message;
  try {
    action();
  } catch (const CaughtFatal& caught) {
    message = caught.message;
  }
  set_fatal_handler(former);
  return message;
}

}  // namespace arenite
