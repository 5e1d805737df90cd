// SPDX-License-Identifier: MIT
// A system call that a signal ended before it did anything.
#pragma once

#include <sys/types.h>

#include <cerrno>

namespace arenite {

/// `result` is what the call gave; it is then asked again. errno alone does not tell, it may say so
/// from before.
inline bool interrupted(ssize_t result) {
  return result < 0 && errno == EINTR;
}

}  // namespace arenite
