// SPDX-License-Identifier: MIT
// How many programs of 50 operations the heap_ops target runs in a CPU second: program_speed
// [SECONDS]. Programs made by chance, of the three geometries as in seeds, each run as the target
// runs it.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "fuzz/support/pool_coverage.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/run.hpp"

namespace {

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

int main(int argc, char** argv) {
  namespace model = arenite::model;
  const double wanted = argc > 1 ? std::atof(argv[1]) : 5;
  constexpr unsigned kOperations = 50, kPrograms = 400;
  static arenite::fuzz::PoolCounters counters;
  std::vector<model::Program> programs;
  for (unsigned seed = 0; seed < kPrograms; ++seed) {
    model::Random random(seed);
    const auto geometry = static_cast<model::GeometryName>(seed % 8 < 6 ? 0 : seed % 8 - 5);
    programs.push_back(model::random_program(random, geometry, kOperations));
  }
  const double began = cpu_seconds();
  unsigned long runs = 0;
  double took = 0;
  while ((took = cpu_seconds() - began) < wanted)
    for (unsigned i = 0; i < 100; ++i, ++runs) {
      const model::Outcome outcome =
          model::run_with(programs[runs % kPrograms], {.audit_every = 32}, model::HeapAudit{},
                          arenite::fuzz::PoolCoverage(counters));
      if (outcome.diverged()) return 1;
    }
  std::printf("%.0f programs of %u operations in a CPU second (%lu in %.1f s)\n",
              static_cast<double>(runs) / took, kOperations, runs, took);
  return 0;
}
