// SPDX-License-Identifier: MIT
#include "proptests/model/run_guarded.hpp"

#include "proptests/model/guard_session.hpp"
#include "proptests/model/run.hpp"

namespace arenite::model {

Outcome run_guarded(const Program& program, RunOptions options) {
  return for_geometry(program.configuration.geometry,
                      [&]<class G>() { return GuardSession<G>().run(program, options); });
}

}  // namespace arenite::model
