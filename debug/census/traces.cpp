// SPDX-License-Identifier: MIT
#include "debug/census/traces.hpp"

namespace arenite {

Traces traces_of(const AnyView&, const Examination&) {
  return {};
}

}  // namespace arenite
