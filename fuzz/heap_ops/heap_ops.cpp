// SPDX-License-Identifier: MIT
// The heap against the reference model, over any program: the input is the body of a program or a
// `.hop` container. A divergence is printed with the program, and aborts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "fuzz/support/census.hpp"
#include "fuzz/support/pool_coverage.hpp"
#include "fuzz/support/record_mutator.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

// libFuzzer reads this section as coverage and clears it before each input.
__attribute__((section("__libfuzzer_extra_counters"))) arenite::fuzz::PoolCounters counters;

constexpr unsigned kAuditEvery = 32;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = arenite::model;
  const std::span<const std::uint8_t> input(data, size);
  model::Loaded loaded = model::unpack(input);
  if (!loaded.error.empty()) loaded.program = model::decode(input);
  const model::Outcome outcome =
      model::run_with(loaded.program, {.audit_every = kAuditEvery}, model::HeapAudit{},
                      arenite::fuzz::PoolCoverage(counters));
  arenite::fuzz::count(outcome);
  if (!outcome.diverged()) return 0;
  std::fprintf(stderr, "heap_ops: %s\n%s",
               model::to_text(*outcome.divergence, loaded.program).c_str(),
               model::to_text(loaded.program).c_str());
  std::abort();
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  // Now and then bytes: total decoding is under test as well.
  if (seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return arenite::fuzz::mutate_records(data, size, max_size, seed / 16);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second,
                                                 std::size_t second_size, std::uint8_t* out,
                                                 std::size_t max_size, unsigned seed) {
  return arenite::fuzz::cross_records(first, first_size, second, second_size, out, max_size, seed);
}
