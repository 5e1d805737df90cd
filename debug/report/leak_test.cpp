// SPDX-License-Identifier: MIT
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "debug/report/golden.hpp"
#include "debug/report/leak_report.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

LeakGroup group_of(std::uint64_t bytes, std::uint64_t objects, bool direct) {
  LeakGroup group;
  group.bytes = bytes;
  group.objects = objects;
  group.direct = direct;
  return group;
}

LeakReport report_of(std::span<const LeakGroup> groups) {
  LeakReport report;
  report.groups = groups;
  report.process = 4711;
  report.settings = "mode=debug:leaks=1";
  report.seed = 77;
  return report;
}

TEST(Leaks, HaveLeakSanitizersText) {
  LeakGroup groups[] = {group_of(21, 2, true), group_of(16, 1, false)};
  groups[0].serial = 9;
  groups[0].allocated = frames({0x7d0000002346, 0x401101});
  Kept kept;
  print_leaks_text(report_of(groups), kMadeUpNames, kept.sink());
  EXPECT_EQ(kept.text(),
            "arenite: found by mode=debug: blocks nothing refers to\n" + kRule +
                "==4711==ERROR: LeakSanitizer: detected memory leaks\n\n"
                "Direct leak of 21 byte(s) in 2 object(s) allocated from:\n"
                "    #0 0x7d0000002345  (/opt/libarenite.so.0+0x2345)\n"
                "    #1 0x000000401100  (/bin/program+0x1100) (BuildId: 4f1d00ff)\n\n"
                "Indirect leak of 16 byte(s) in 1 object(s) allocated from:\n"
                "    <empty stack>\n\n"
                "SUMMARY: AddressSanitizer: 37 byte(s) leaked in 3 allocation(s).\n"
                "arenite: to see it again: ARENITE_OPTIONS=mode=debug:leaks=1:seed=77 PROGRAM\n"
                "arenite: to stop at an allocation of the first group: "
                "ARENITE_OPTIONS=mode=debug:leaks=1:seed=77:break_serial=9 gdb --args PROGRAM\n");
}

TEST(Leaks, CountTheGroupsThatHaveNoRoom) {
  std::vector<LeakGroup> groups(3000, group_of(8, 1, true));
  for (LeakGroup& group : groups) group.allocated = frames({0x401101, 0x401122});
  Kept text;
  print_leaks_text(report_of(groups), kMadeUpNames, text.sink());
  EXPECT_LT(text.text().size(), kLeakTextBytes + 1024);
  EXPECT_NE(text.text().find("more groups are left out\n\nSUMMARY: AddressSanitizer: 24000 byte(s) "
                             "leaked in 3000 allocation(s).\n"),
            std::string::npos);

  Kept json;
  print_leaks_json(report_of(groups), kMadeUpNames, json.sink());
  EXPECT_LT(json.text().size(), kLeakTextBytes + 1024);
  const auto report = nlohmann::json::parse(json.text());
  EXPECT_GT(report["groups_left_out"], 0);
  EXPECT_EQ(report["groups"].size() + report["groups_left_out"].get<std::size_t>(), 3000u);
  EXPECT_EQ(report["bytes"], 24000);
}

bool find_long(void* context, Address pc, FrameName& name) {
  name = {*static_cast<const std::string*>(context), pc, {}};
  return true;
}

/// Of 300 groups, the module of each with so long a path.
std::string json_of_paths(std::size_t bytes) {
  std::string path(bytes, 'x');
  std::vector<LeakGroup> groups(300, group_of(8, 1, true));
  for (LeakGroup& group : groups) group.allocated = frames({0x401101});
  Kept kept;
  print_leaks_json(report_of(groups), {&path, &find_long}, kept.sink());
  return kept.text();
}

TEST(Leaks, UseTheRoomOfAReportToTheLastByte) {
  constexpr std::size_t kGroupBytes = 1024;
  static_assert(kLeakTextBytes % kGroupBytes == 0);
  const std::string text = json_of_paths(0);
  const std::size_t begin = text.find("\"groups\":[") + 10;
  const std::size_t comma = text.find("},{\"bytes\"");
  // A group and its comma.
  const std::size_t least = comma + 2 - begin;
  const auto exact = nlohmann::json::parse(json_of_paths(kGroupBytes - least));
  EXPECT_EQ(exact["groups"].size(), kLeakTextBytes / kGroupBytes);
  EXPECT_EQ(exact["groups_left_out"], 300 - kLeakTextBytes / kGroupBytes);
  const auto over = nlohmann::json::parse(json_of_paths(kGroupBytes - least + 1));
  EXPECT_EQ(over["groups"].size(), kLeakTextBytes / (kGroupBytes + 1));
  EXPECT_EQ(over["bytes"], 2400);
}

TEST(Leaks, HaveAJsonForm) {
  LeakGroup groups[] = {group_of(21, 2, true), group_of(16, 1, false)};
  groups[0].allocated = frames({0x401101});
  Kept kept;
  print_leaks_json(report_of(groups), kMadeUpNames, kept.sink());
  const auto report = nlohmann::json::parse(kept.text());
  EXPECT_EQ(report["schema"], "arenite-report");
  EXPECT_EQ(report["kind"], "leaks");
  EXPECT_EQ(report["objects"], 3);
  EXPECT_EQ(report["groups"][0]["direct"], true);
  EXPECT_EQ(report["groups"][0]["stack"][0]["offset"], "0x1100");
  EXPECT_EQ(report["groups"][1]["direct"], false);
  EXPECT_TRUE(report["groups"][1]["stack"].empty());
}

}  // namespace
}  // namespace arenite
