// SPDX-License-Identifier: MIT
// The oracle over guarded heaps says yes and no: the guard heap as it is passes, each with a
// planted bug is found out by the property that is about it.
#include "proptests/model/guard_session.hpp"

#include <gtest/gtest.h>

#include "geometry/tiny.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/run_guarded.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

constexpr unsigned kOperations = 50;

template <class Session>
std::string first_divergence(unsigned programs) {
  for (unsigned seed = 0; seed < programs; ++seed) {
    Random random(seed);
    const Program program =
        random_program(random, GeometryName::tiny, kOperations, Kinds::of_guarded_heaps);
    const Outcome outcome = Session().run(program);
    if (outcome.diverged()) return outcome.divergence->property;
  }
  return "";
}

TEST(GuardSession, nothing_is_found_in_the_guard_heap_as_it_is) {
  std::uint64_t told = 0, left = 0;
  for (unsigned seed = 0; seed < 300; ++seed)
    for (const auto geometry :
         {GeometryName::tiny, GeometryName::classic, GeometryName::production}) {
      Random random(seed);
      const Program program =
          random_program(random, geometry, kOperations, Kinds::of_guarded_heaps);
      const Outcome outcome = run_guarded(program);
      ASSERT_FALSE(outcome.diverged()) << to_text(*outcome.divergence, program) << "\n"
                                       << to_text(program);
      told += outcome.told;
      left += outcome.left_quarantine;
    }
  EXPECT_GT(told, 1000u);
  EXPECT_GT(left, 10000u);
}

/// Frees of a block that is already free are taken for nothing.
template <class Source>
struct AcceptsDoubleFree : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void free(void* block, Death death, QuarantineBatch& batch) {
    BlockFacts facts;
    const auto at = reinterpret_cast<Address>(block);
    if (this->find(at, facts) && facts.begin == at && facts.state == BlockState::freed) return;
    GuardHeap<Source>::free(block, death, batch);
  }
};

template <class Source>
struct AcceptsAnyFamily : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void free(void* block, Death death, QuarantineBatch& batch) {
    BlockFacts facts;
    if (this->find(reinterpret_cast<Address>(block), facts)) death.family = facts.family;
    GuardHeap<Source>::free(block, death, batch);
  }
};

template <class Source>
struct TakesArraysForObjects : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void free(void* block, Death death, QuarantineBatch& batch) {
    BlockFacts facts;
    if (this->find(reinterpret_cast<Address>(block), facts) && facts.family == Family::new_array &&
        death.family == Family::new_object)
      death.family = facts.family;
    GuardHeap<Source>::free(block, death, batch);
  }
};

template <class Source>
struct AcceptsInterior : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void free(void* block, Death death, QuarantineBatch& batch) {
    BlockFacts facts;
    const auto at = reinterpret_cast<Address>(block);
    if (this->find(at, facts) && at > facts.begin) return;
    GuardHeap<Source>::free(block, death, batch);
  }
};

/// What is freed does not wait.
template <class Source>
struct NoQuarantine : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void free(void* block, Death death, QuarantineBatch& batch) {
    GuardHeap<Source>::free(block, death, batch);
    this->hand_over(batch);
    this->drain();
  }
};

template <class Source>
struct ChecksNothing : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  std::size_t check_all(std::size_t&) { return 0; }
};

template <class Source>
struct ShortGuards : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  bool open(GuardSettings settings) {
    settings.guard_bytes = 16;
    return GuardHeap<Source>::open(settings);
  }
};

template <class Source>
struct NotZeroed : GuardHeap<Source> {
  using GuardHeap<Source>::GuardHeap;
  void* allocate(Birth birth) {
    birth.zeroed = false;
    return GuardHeap<Source>::allocate(birth);
  }
};

#define PLANTED(Bug, property)                                             \
  TEST(GuardSession, Bug) {                                                \
    EXPECT_EQ((first_divergence<GuardSession<Tiny, Bug>>(200)), property); \
  }

PLANTED(AcceptsDoubleFree, "P18")
PLANTED(AcceptsAnyFamily, "P18")
PLANTED(TakesArraysForObjects, "P18")
PLANTED(AcceptsInterior, "P18")
PLANTED(NoQuarantine, "P12")
PLANTED(ChecksNothing, "P18")
PLANTED(ShortGuards, "P1")
PLANTED(NotZeroed, "P5")

}  // namespace
}  // namespace arenite::model
