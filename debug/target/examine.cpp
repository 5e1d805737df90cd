// SPDX-License-Identifier: MIT
#include "debug/target/examine.hpp"

#include "debug/target/inputs.hpp"

namespace arenite {

Examination examine(const Source& source, const AtRest& at_rest, Standing standing) {
  if (source.pid != 0) return examine_process(source.pid, at_rest, standing);
  if (!source.core.empty()) return examine_core(source.core, at_rest);
  return examine_snapshot(source.snapshot, at_rest);
}

}  // namespace arenite
