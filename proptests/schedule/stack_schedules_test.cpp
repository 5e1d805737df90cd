// SPDX-License-Identifier: MIT
// The stack depot: a stack has one id whoever brings it, and the id leads to it. The remembered
// unwind rules: none survives that was looked up before all were forgotten.
#include <optional>

#include "debug/stacks/depot.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/unwind_rules.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite {
namespace {

/// What stands for the loader: the generation of the code at every address.
std::atomic<std::int32_t> code{0};

}  // namespace

bool objects_prepared() {
  return true;
}
void refresh_objects() {}
bool find_object(Address at, LoadedObject& object) {
  object.frame_table = at;
  return true;
}
ByteRange LoadedObject::readable_around(Address) const {
  return {};
}
UnwindRule read_rule(Address, ByteRange, Address) {
  return {FrameEnd::from_rsp, code.load(std::memory_order_relaxed), SavedRbp::kept, 0};
}

namespace schedule {
namespace {

std::optional<StackDepot> depot;
std::array<StackId, 4> ids;
std::atomic<StackId> told;

constexpr Address kStack[] = {0x1111, 0x2222, 0x3333};
constexpr Address kOther[] = {0x4444, 0x5555};

void prepare(unsigned stacks = 0) {
  if (depot) depot->close();
  depot.emplace();
  ids = {};
  told = 0;
  check(depot->open(1 << 17), "no depot");
  for (unsigned i = 0; i < stacks; ++i) {
    const Address stack[] = {0x10000 + i};
    depot->put(stack, 1);
  }
}

template <std::size_t N>
void expect_kept(StackId id, const Address (&stack)[N]) {
  Address read[8] = {};
  check(id != 0 && depot->get(id, read, 8) == N, "no such stack");
  check(std::equal(stack, stack + N, read), "another stack");
}

TEST(DepotSchedules, GivesAStackOneId) {
  const auto put = [](std::size_t index) {
    return [index] { ids[index] = depot->put(kStack, 3); };
  };
  expect_clean({[] { prepare(); },
                {put(0), put(1), [] { ids[2] = depot->put(kOther, 2); }},
                [] {
                  check(ids[0] == ids[1], "two ids");
                  expect_kept(ids[0], kStack);
                  expect_kept(ids[2], kOther);
                  check(depot->stacks() == 2, "not two stacks");
                }});
}

TEST(DepotSchedules, FindsAStackThatIsBeingPut) {
  expect_clean({[] { prepare(); },
                {[] { ids[0] = depot->put(kStack, 3); },
                 [] {
                   ids[1] = depot->put(kStack, 3);
                   Address read[3];
                   check(depot->get(ids[1], read, 3) == 3, "no such stack");
                 }},
                [] { check(ids[0] == ids[1], "two ids"); }},
               {.bound = 4});
}

TEST(DepotSchedules, GrowsWhileStacksCome) {
  // One more makes the table half full. A stack brought by two threads meanwhile has one id.
  const auto put = [](std::size_t index) {
    return [index] {
      ids[2 * index] = depot->put(kStack, 3);
      ids[2 * index + 1] = depot->put(kOther, 2);
    };
  };
  const Protocol protocol = {[] { prepare(2047); },
                             {put(0), put(1)},
                             [] {
                               check(ids[0] == ids[2] && ids[1] == ids[3], "two ids");
                               expect_kept(ids[0], kStack);
                               expect_kept(ids[1], kOther);
                               check(depot->stacks() == 2049, "stacks are lost");
                             }};
  expect_clean(protocol, {.bound = 1});
  // Deeper, but not all of it. Among these is one in which a thread that finds the table closed
  // looks for the larger one just before it is published, and for whoever makes it just after.
  const Outcome deeper = explore(protocol, {.bound = 3, .most_runs = 900});
  EXPECT_EQ(deeper.failure, "") << "replay: ARENITE_SCHEDULE='" << deeper.schedule << "'";
}

TEST(UnwindRuleSchedules, ForgetsWhatWasLookedUpBefore) {
  constexpr Address kPlace = 0x123456;
  expect_clean({[] {
                  code = 1;
                  forget_rules();
                },
                {[] { rule_before(kPlace); },
                 [] {
                   code.store(2, std::memory_order_relaxed);
                   // dlopen ends with locks of its own.
                   std::atomic_thread_fence(std::memory_order_seq_cst);
                   forget_rules();
                 }},
                [] { check(rule_before(kPlace).offset() == 2, "a rule of code that is gone"); }},
               {.bound = 2, .most_steps = 200'000});
}

}  // namespace
}  // namespace schedule
}  // namespace arenite
