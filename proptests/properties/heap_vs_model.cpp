// SPDX-License-Identifier: MIT
// The heap does what the reference model does, for programs of any operations, over three
// geometries; properties P1 to P6, P9, P10, P19, P23 and P24 of proptests/README.md. A
// counterexample is shrunk and left as a `.hop` file; one that kills the process is left as it was.
//
// RC_PARAMS overrides the number of cases and the seed, which is fixed so that a build that passed
// passes again; see proptests/README.md.
#include <rapidcheck.h>

#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proptests/properties/programs.hpp"

namespace arenite::model {
namespace {

constexpr unsigned kAuditEvery = 8;

[[maybe_unused]] const int kParametersSet = ::setenv("RC_PARAMS", "max_success=2000 seed=1", 0);

void heap_equals_model(GeometryName geometry) {
  holds("heap_vs_model", *programs(geometry),
        [](const Program& program) { return run(program, {.audit_every = kAuditEvery}); });
}

RC_GTEST_PROP(heap_vs_model, tiny, ()) {
  heap_equals_model(GeometryName::tiny);
}

RC_GTEST_PROP(heap_vs_model, classic, ()) {
  heap_equals_model(GeometryName::classic);
}

RC_GTEST_PROP(heap_vs_model, production, ()) {
  heap_equals_model(GeometryName::production);
}

}  // namespace
}  // namespace arenite::model
