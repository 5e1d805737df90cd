// SPDX-License-Identifier: MIT
#include "frontend/process/process_heap.hpp"

namespace arenite {

const Interceptor& choose_slow_paths() {
  return plain_slow_paths;
}

}  // namespace arenite
