// SPDX-License-Identifier: MIT
// Why a tool could not answer: the process is gone, the file is no snapshot. Ends in exit code 2.
#pragma once

#include <stdexcept>

namespace arenite {

struct CannotTell : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace arenite
