// SPDX-License-Identifier: MIT
#include "base/contract.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/text.hpp"

namespace arenite {
namespace {

void write_and_abort(const char* message) {
  Text<512> line;
  line << "arenite: " << message << "\n";
  // One write, so that lines of several threads do not mix. Nothing can be done if it fails.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
  std::abort();
}

std::atomic<FatalHandler> handler{write_and_abort};

}  // namespace

FatalHandler set_fatal_handler(FatalHandler next) {
  return handler.exchange(next ? next : write_and_abort, std::memory_order_relaxed);
}

void fatal(const char* message) {
  handler.load(std::memory_order_relaxed)(message);
  std::abort();
}

}  // namespace arenite
