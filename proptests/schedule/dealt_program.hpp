// SPDX-License-Identifier: MIT
// A heap program of the grammar as a protocol: its operations dealt out in turn to three threads of
// a Tiny heap. Slots are shared: a block that another thread finds in one is freed there. Geometry,
// arenas, misuse and refusals of the program are passed over. To be compiled with instrumentation.
#pragma once

#include "proptests/model/program.hpp"
#include "proptests/schedule/explorer.hpp"

namespace arenite::schedule {

/// The program must outlive the protocol. One at a time.
Protocol dealt_out(const model::Program& program);

}  // namespace arenite::schedule
