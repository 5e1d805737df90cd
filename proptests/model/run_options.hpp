// SPDX-License-Identifier: MIT
// How a program is run.
#pragma once

#include <cstdint>

namespace arenite::model {

struct RunOptions {
  /// 0: the audit runs only where the program says so, and at its end.
  unsigned audit_every = 0;
  /// Where the number of operations begun is kept, for whoever survives the process; may be null.
  std::uint32_t* begun = nullptr;
};

}  // namespace arenite::model
