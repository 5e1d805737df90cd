// SPDX-License-Identifier: MIT
// P23 in full: of one program each request to the system is refused in turn, the first, the second,
// until the program needs no more; then as many in a row. Each time: null or success, and the audit
// after every operation finds nothing, and the heap is as the model says, and what is asked for
// once the system grants again is had.
#include <algorithm>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "proptests/model/heap_audit.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

/// Notes, as an audit, how many requests were made until now.
struct CountingAudit {
  const FaultPlan* plan;
  std::uint64_t* asked;

  template <class Heap>
  std::string operator()(const Heap& heap) const {
    *asked = std::max(*asked, plan->asked);
    return HeapAudit{}(heap);
  }
};

/// Runs the program; returns how many requests it made.
template <Geometry G>
std::uint64_t requests_of(const Program& program, Outcome& outcome) {
  static FakeMemory memory(G::kPageBytes);
  FaultPlan plan;
  std::uint64_t asked = 0;
  CountingAudit audit{&plan, &asked};
  NoObserver observer;
  ModelHeap<G> heap(ModelPages{FencedPages<FakePages>{FakePages{memory}}, plan});
  outcome = Executor<ModelHeap<G>, CountingAudit, NoObserver>(heap, plan, audit, observer,
                                                              RunOptions{.audit_every = 1})
                .run(program);
  return asked;
}

/// Refuses `length` requests from the n-th on, for every n; returns how many there were.
template <Geometry G>
std::uint64_t refuse_each(Program program, std::uint16_t length) {
  std::uint64_t needed = 0;
  program.configuration.refusals = length;
  for (std::uint16_t n = 1; n < 2000; ++n) {
    program.configuration.first_refusal = n;
    Outcome outcome;
    const std::uint64_t asked = requests_of<G>(program, outcome);
    if (outcome.diverged()) {
      ADD_FAILURE() << "request " << n << " of " << length
                    << " refused: " << to_text(*outcome.divergence, program);
      return needed;
    }
    needed = std::max(needed, asked);
    // The refused one was not reached any more: the program needs no more. A heap that did not open
    // counts nothing.
    if (asked != 0 && asked < n) return needed;
  }
  ADD_FAILURE() << "the program always needs more";
  return needed;
}

template <Geometry G>
void refuse_all(GeometryName name, unsigned programs, std::size_t operations) {
  std::uint64_t refusals = 0;
  for (std::uint64_t seed = 1; seed <= programs && !testing::Test::HasFailure(); ++seed) {
    Random random(seed);
    Program program = random_program(random, name, operations);
    // Faults of the program's own would hide those that are injected.
    std::erase_if(program.operations,
                  [](const Operation& each) { return each.kind == Kind::fail_os; });
    for (const std::uint16_t length : {std::uint16_t{1}, std::uint16_t{3}})
      refusals += refuse_each<G>(program, length);
  }
  EXPECT_GT(refusals, programs);
  std::printf("  %u programs, %llu refusals\n", programs,
              static_cast<unsigned long long>(refusals));
}

TEST(RefusedRequests, OfTiny) {
  refuse_all<Tiny>(GeometryName::tiny, 40, 60);
}
TEST(RefusedRequests, OfClassic) {
  refuse_all<Classic>(GeometryName::classic, 10, 60);
}
TEST(RefusedRequests, OfProduction) {
  refuse_all<Production>(GeometryName::production, 3, 40);
}

/// A heap that takes a refusal for a success hands out what it does not have.
template <Geometry G>
struct Gullible : ModelHeap<G> {
  using ModelHeap<G>::ModelHeap;
  void* allocate(ThreadBlock thread, std::size_t size) {
    void* block = ModelHeap<G>::allocate(thread, size);
    return block == nullptr && size > 0 ? &hole : block;
  }
  static inline char hole[64];
};

TEST(RefusedRequests, AreNotTakenForSuccess) {
  Program program;
  program.operations.resize(2);
  program.operations[0].kind = Kind::fail_os;
  set(program.operations[0], field::refusals, 200);
  program.operations[1].kind = Kind::allocate;
  program.operations[1].arg = SizeCode{.number = 100}.encode();
  EXPECT_FALSE(run_on<ModelHeap<Tiny>>(program).diverged());
  EXPECT_TRUE(run_on<Gullible<Tiny>>(program).diverged());
}

}  // namespace
}  // namespace arenite::model
