// SPDX-License-Identifier: MIT
#include "debug/target/examine.hpp"

#include "debug/target/inputs.hpp"

namespace arenite {

Examination examine(const Source& source, const AtRest& at_rest, Standing standing,
                    const Told& told) {
  if (source.pid != 0) return examine_process(source.pid, at_rest, standing, told);
  if (!source.core.empty()) return examine_core(source.core, at_rest, told);
  return examine_snapshot(source.snapshot, at_rest, told);
}

}  // namespace arenite
