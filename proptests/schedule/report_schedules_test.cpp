// SPDX-License-Identifier: MIT
// The report desk: one report at a time, and nobody waits for ever. What a program says of its
// leaks: a block is found by its own serial.
#include <memory>
#include <optional>

#include "debug/leaks/leak_control.hpp"
#include "debug/report/desk.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

ReportDesk desk;
unsigned turns;

void report() {
  ReportDesk::Turn turn(desk, "test");
  check(static_cast<bool>(turn), "no turn");
  // Plainly: two at the desk race here.
  ++turns;
  turn.report().process = turns;
}

TEST(DeskSchedules, LetsOneReportAtATime) {
  DeskSettings settings;
  settings.log_path = "/dev/null";
  static const bool opened = desk.open(settings);
  ASSERT_TRUE(opened);
  expect_clean({[] {
                  desk.after_fork_in_child();
                  turns = 0;
                },
                {report, report, report},
                [] { check(turns == 3, "a report is lost"); }});
}

BlockFacts facts(Address begin, std::uint64_t serial) {
  BlockFacts facts;
  facts.begin = begin;
  facts.serial = serial;
  return facts;
}

TEST(LeakControlSchedules, FindsAnIgnoredBlockByItsSerial) {
  // The place is used again by a younger block at the same address.
  expect_clean({[] {
                  for (std::uint64_t serial = 0; serial < 4; ++serial)
                    forget_ignored_block(facts(0x1000, serial));
                  ignore_block(facts(0x1000, 1));
                  forget_ignored_block(facts(0x1000, 1));
                },
                {[] {
                   ignore_block(facts(0x1000, 2));
                   check(block_ignored(facts(0x1000, 2)), "not found");
                 },
                 [] { check(!block_ignored(facts(0x1000, 1)), "the older block was meant"); }},
                [] { check(block_ignored(facts(0x1000, 2)), "not found"); }},
               {.bound = 4});
}

TEST(LeakControlSchedules, AddsAndRemovesRootRegionsWhole) {
  static const Region one{0x1000, 0x2000}, two{0x3000, 0x5000};
  expect_clean({[] {
                  remove_root_region(one);
                  remove_root_region(two);
                  add_root_region(one);
                },
                {[] {
                   check(remove_root_region(one), "was not there");
                   add_root_region(two);
                 },
                 [] {
                   const Region seen = root_region(0);
                   check((seen.begin == 0 && seen.end == 0) ||
                             (seen.begin == one.begin && seen.end == one.end) ||
                             (seen.begin == two.begin && seen.end == two.end),
                         "half of one region and half of another");
                 },
                 [] { remove_root_region(two); }},
                [] {}},
               {.bound = 3});
}

}  // namespace
}  // namespace arenite::schedule
