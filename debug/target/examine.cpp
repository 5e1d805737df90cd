// SPDX-License-Identifier: MIT
#include "debug/target/examine.hpp"

#include "debug/target/inputs.hpp"

namespace arenite {

Examination examine(const Source& source, const AtRest& at_rest, Standing standing) {
  return source.pid != 0 ? examine_process(source.pid, at_rest, standing)
                         : examine_snapshot(source.snapshot, at_rest);
}

}  // namespace arenite
