// SPDX-License-Identifier: MIT
// Contract checks. Two kinds, and no third:
//   ARN_REQUIRE  the caller's mistake; always on; reports and does not return.
//   ARN_ASSERT   our own mistake; cheap; on unless NDEBUG.
// Checks that walk the heap are audits and live in debug/audit; they return findings.
#pragma once

namespace arenite {

/// What runs when the allocator must not go on. Receives one line without a newline, valid during
/// the call. A handler may throw or jump (tests do); if it returns, the process is aborted.
using FatalHandler = void (*)(const char* message);

/// Replaces the handler; null restores the default, which writes "arenite: MESSAGE" to stderr and
/// aborts. Returns the former one. Thread-safe.
FatalHandler set_fatal_handler(FatalHandler handler);

/// Reports `message` through the handler; the process ends if that returns.
[[noreturn]] void fatal(const char* message);

}  // namespace arenite

#define ARN_REQUIRE(condition, message) \
  (__builtin_expect(!!(condition), 1) ? void(0) : ::arenite::fatal(message))

namespace arenite::detail {
#ifdef NDEBUG
inline constexpr bool kAssertions = false;
#else
inline constexpr bool kAssertions = true;
#endif
}  // namespace arenite::detail

// The condition always compiles; with NDEBUG it is never evaluated.
#define ARN_ASSERT(condition)                     \
  (!::arenite::detail::kAssertions || (condition) \
       ? void(0)                                  \
       : ::arenite::fatal("assertion failed: " #condition))
