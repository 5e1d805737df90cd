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

constexpr Address kStack[] = {0x1111, 0x2222, 0x3333};
constexpr Address kOther[] = {0x4444, 0x5555};

constexpr std::size_t kWords = 1 << 17;

void start() {
  if (depot) depot->close();
  depot.emplace();
  ids = {};
}

void prepare(unsigned stacks = 0, std::size_t places = StackDepot::kFirstPlaces) {
  start();
  check(depot->open(kWords, places), "no depot");
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

TEST(DepotSchedules, IsUsedAsSoonAsItIsOpen) {
  expect_clean(
      {start,
       {[] { check(depot->open(kWords), "no depot"); }, [] { ids[0] = depot->put(kStack, 3); },
        [] { check(depot->stacks() <= 1, "more stacks than there are"); }},
       [] {
         if (ids[0] != 0) expect_kept(ids[0], kStack);
       }},
      {.bound = 2});
}

TEST(DepotSchedules, GrowsWhileStacksCome) {
  // One more makes the table half full. A stack brought by two threads meanwhile has one id, and
  // of two threads that find it half full one makes a larger one.
  const auto put = [](std::size_t index) {
    return [index] {
      ids[2 * index] = depot->put(kStack, 3);
      ids[2 * index + 1] = depot->put(kOther, 2);
    };
  };
  expect_clean({[] { prepare(1, 4); },
                {put(0), put(1)},
                [] {
                  check(ids[0] == ids[2] && ids[1] == ids[3], "two ids");
                  expect_kept(ids[0], kStack);
                  expect_kept(ids[1], kOther);
                  check(depot->stacks() == 3, "stacks are lost");
                }},
               {.bound = 4});
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
