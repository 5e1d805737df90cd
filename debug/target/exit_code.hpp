// SPDX-License-Identifier: MIT
// What `arenite` ends with.
#pragma once

namespace arenite {

enum ExitCode : int {
  kClean = 0,
  kFindings = 1,
  kCannotTell = 2,  ///< no such process, no heap in it, a damaged file, a process never at rest
  kUsage = 64,
};

}  // namespace arenite
