// SPDX-License-Identifier: MIT
// Names in reports: of a program that reports for itself, by way of the helper and afterwards.
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "debug/cli/named_report.hpp"
#include "debug/report/scratch_folder.hpp"

namespace arenite::cli {
namespace {

using report_fixture::read_file;
using report_fixture::ScratchFolder;
using Json = nlohmann::json;

/// What a command writes, stderr as well; `status` is what the shell would say.
std::string output_of(const std::string& command, int* status = nullptr) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string text;
  char bytes[4096];
  for (std::size_t count; (count = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;)
    text.append(bytes, count);
  const int ended = ::pclose(pipe);
  if (status != nullptr) *status = WEXITSTATUS(ended);
  return text;
}

/// The program's source from the project's folder on. What lies before is where it was compiled:
/// with ccache that may have been another checkout.
const std::string kSource = "/debug/cli/programs/reporter.cpp";

/// FILE:LINE of the line of the program that says so.
std::string line_of(const std::string& word) {
  std::istringstream source(read_file(ARENITE_REPORTER_SOURCE));
  int number = 1;
  for (std::string line; std::getline(source, line); ++number)
    if (line.ends_with("// line: " + word)) return kSource + ":" + std::to_string(number);
  return "no such line: " + word;
}

/// Whether a pattern in which `@` stands for a pc is found from the beginning of a line on.
bool has_line(const std::string& text, std::string pattern) {
  for (std::size_t at; (at = pattern.find('@')) != std::string::npos;)
    pattern.replace(at, 1, "0x[0-9a-f]{12}");
  return std::regex_search(text, std::regex("(^|\n)" + pattern));
}

std::string escaped(const std::string& text) {
  return std::regex_replace(text, std::regex("[.+()]"), "\\$&");
}

std::string named(const std::string& text) {
  NamedReport report;
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += report.line(line);
  return result;
}

void expect_names(const std::string& text) {
  const std::string where = "(:\\d+)?\n";
  const std::string frames[] = {
      "    #\\d @ in (sample::)?write_behind\\(.*\\) /.*" + escaped(line_of("write_behind")) +
          where,
      "    #\\d @ in sample::fail\\(arenite::Report&, char\\*, unsigned long\\) /.*" +
          escaped(line_of("fail")) + where,
      "    #\\d @ in main /.*" + escaped(line_of("main fails")) + where,
      "    #\\d @ in sample::Buffer::grow\\(unsigned long\\) /.*" + escaped(line_of("grow")) +
          where,
      "    #\\d @ in main /.*" + escaped(line_of("main grows")) + where};
  for (const std::string& frame : frames) EXPECT_TRUE(has_line(text, frame)) << frame << text;
}

TEST(Symbolize, TheHelperNamesFunctionsFilesAndLines) {
  const std::string text = output_of(ARENITE_REPORTER " text " ARENITE_CLI);
  expect_names(text);
  // As sanitizers' readers take it.
  std::smatch frame;
  ASSERT_TRUE(
      std::regex_search(text, frame, std::regex("#(\\d+) 0x([0-9a-f]+) in (\\S+) (.+):(\\d+)")));
  EXPECT_TRUE(has_line(text, "SUMMARY: AddressSanitizer: heap-buffer-overflow \\S+:\\d+ in "));
  EXPECT_EQ(text.find("ERROR: AddressSanitizer"), text.rfind("ERROR: AddressSanitizer"));
  EXPECT_TRUE(has_line(text, "==\\d+==ABORTING\n$")) << text;
}

/// As clang leaves it: no table says which unit an address is of.
TEST(Symbolize, ProgramsWithoutATableOfAddressesAreNamed) {
  const ScratchFolder folder;
  const std::string program = folder.at("reporter");
  int status = -1;
  const std::string said =
      output_of("objcopy -R .debug_aranges " ARENITE_REPORTER " " + program, &status);
  ASSERT_EQ(status, 0) << said;
  expect_names(named(output_of(program + " text")));
}

TEST(Symbolize, FramesAreNumberedOnInFrontOfInlinedOnes) {
  const std::string text = named(output_of(ARENITE_REPORTER " text"));
  std::size_t at = text.find("    #0 ");
  for (int number = 0; text.compare(at, 5, "    #") == 0; ++number) {
    EXPECT_EQ(std::stoi(text.substr(at + 5)), number) << text;
    at = text.find('\n', at) + 1;
  }
}

TEST(Symbolize, ASavedReportIsNamedAsWell) {
  const ScratchFolder folder;
  const std::string raw = output_of(ARENITE_REPORTER " text");
  EXPECT_FALSE(has_line(raw, "    #0 @ in "));
  std::ofstream(folder.at("raw")) << "before\n" << raw << "behind\n";
  int status = -1;
  const std::string text = output_of(ARENITE_CLI " symbolize " + folder.at("raw"), &status);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(text.starts_with("before\n") && text.ends_with("behind\n"));
  expect_names(text);
  EXPECT_EQ(output_of(ARENITE_CLI " symbolize < " + folder.at("raw")), text);
  EXPECT_EQ(output_of(ARENITE_CLI " symbolize - < " + folder.at("raw")), text);
  EXPECT_EQ(named(text), text);
}

TEST(Symbolize, AFileThatIsNotThereCannotBeTold) {
  int status = -1;
  const std::string text = output_of(ARENITE_CLI " symbolize /no/such/file", &status);
  EXPECT_EQ(status, 2);
  EXPECT_NE(text.find("/no/such/file"), std::string::npos);
}

TEST(Symbolize, JsonGetsTheSameNames) {
  const Json report = Json::parse(output_of(ARENITE_REPORTER " json " ARENITE_CLI));
  Json main;
  bool inlined = false;
  for (const Json& frame : report["stack"]) {
    if (frame.value("function", "") == "main") main = frame;
    if (frame.value("inlined", false) &&
        frame["function"].get<std::string>().find("write_behind") != std::string::npos)
      inlined = true;
  }
  EXPECT_TRUE(inlined) << report;
  ASSERT_TRUE(main.is_object()) << report;
  const std::string place =
      main["file"].get<std::string>() + ":" + std::to_string(main["line"].get<int>());
  EXPECT_TRUE(place.ends_with(line_of("main fails"))) << place;
  EXPECT_FALSE(main.contains("inlined"));
  EXPECT_TRUE(report["block"]["allocated"]["stack"][1].contains("function")) << report;
  const std::string raw = output_of(ARENITE_REPORTER " json");
  EXPECT_EQ(Json::parse(named(raw))["stack"][0]["function"], report["stack"][0]["function"]);
}

TEST(Symbolize, AnotherBuildIdLeavesFramesRawAndIsNoted) {
  const std::string raw = output_of(ARENITE_REPORTER " text");
  const std::regex id("\\(" + escaped(ARENITE_REPORTER) +
                      "(\\+0x[0-9a-f]+)\\) \\(BuildId: [0-9a-f]+\\)");
  const std::string other = std::regex_replace(raw, id, "(" ARENITE_REPORTER "$1) (BuildId: 00ff)");
  ASSERT_NE(raw, other);
  const std::string text = named(other);
  EXPECT_TRUE(has_line(text, "    #0 @  \\(" + escaped(ARENITE_REPORTER) +
                                 "\\+0x[0-9a-f]+\\) \\(BuildId: 00ff\\) \\(the file has another "
                                 "build id now: [0-9a-f]+\\)\n"))
      << text;
  EXPECT_EQ(text.find(" in main "), std::string::npos);
  EXPECT_TRUE(has_line(text, "SUMMARY: AddressSanitizer: heap-buffer-overflow \\(.*BuildId: 00ff"));

  Json json = Json::parse(output_of(ARENITE_REPORTER " json"));
  json["stack"][0]["build_id"] = "00ff";
  const Json frame = Json::parse(named(json.dump()))["stack"][0];
  EXPECT_FALSE(frame.contains("function"));
  EXPECT_TRUE(frame["note"].get<std::string>().starts_with("the file has another build id now: "));
}

TEST(Symbolize, WhatIsNotKnownStaysAsItIs) {
  const std::string text =
      "plain line\n"
      "\n"
      "    #0 0x000000401136  (/no/such/program+0x1136) (BuildId: 4f1d)\n"
      "    #1 0x000000401137  (<unknown module>)\n"
      "    #2 0x000000401138  (/odd)name+(+0x1138)\n"
      "    #3 0x000000401139 in main /src/a.c:5:3\n"
      "    ... 53 more frames are left out\n"
      "SUMMARY: AddressSanitizer: 37 byte(s) leaked in 3 allocation(s).\n"
      "SUMMARY: AddressSanitizer: double-free (/no/such/program+0x1136)\n"
      "{\"schema\": \"another\", \"stack\": [{}]}\n"
      "{ no json\n";
  EXPECT_EQ(named(text), text);
}

/// The program again, under a name of any bytes.
struct Renamed {
  explicit Renamed(const char* name) : path(folder.at(name)) {
    std::filesystem::create_symlink(ARENITE_REPORTER, path);
  }
  std::string hex() const {
    std::string digits;
    for (const char byte : path) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return digits;
  }

  ScratchFolder folder;
  std::string path;
};

TEST(Symbolize, PathsHaveControlBytesInDigits) {
  const std::string raw = output_of(ARENITE_REPORTER " text");
  const auto as_written = [&](const std::string& path, const char* from, const char* to) {
    std::string written = path;
    if (const std::size_t at = path.find(from); at != std::string::npos)
      written.replace(at, std::strlen(from), to);
    std::string text = raw;
    for (std::size_t at = 0; (at = text.find(ARENITE_REPORTER, at)) != std::string::npos;
         at += written.size())
      text.replace(at, std::strlen(ARENITE_REPORTER), written);
    return text;
  };
  const Renamed tab("a\tb"), plain("a\\x41b"), cut("a\\x0");
  expect_names(named(as_written(tab.path, "\t", "\\x09")));
  // What no control byte needs is what the path is made of.
  expect_names(named(as_written(plain.path, "", "")));
  expect_names(named(as_written(cut.path, "", "")));
  EXPECT_EQ(named(as_written(tab.path, "\t", "\\x41")).find(" in main "), std::string::npos);
}

TEST(Symbolize, JsonHasPathsThatAreNoTextInDigits) {
  const Renamed odd("a\377b");
  Json report = Json::parse(output_of(ARENITE_REPORTER " json"));
  const Json expected = Json::parse(named(report.dump()))["stack"][0];
  ASSERT_TRUE(expected.contains("function")) << expected;
  report["stack"][0].erase("module");
  report["stack"][0]["module_hex"] = odd.hex();
  const Json frame = Json::parse(named(report.dump()))["stack"][0];
  EXPECT_EQ(frame["function"], expected["function"]);
  EXPECT_EQ(frame["module_hex"], odd.hex());
}

TEST(Symbolize, JsonIsNamedOnce) {
  const std::string once = named(output_of(ARENITE_REPORTER " json"));
  EXPECT_EQ(named(once), once);
  Json report = Json::parse(once);
  report["stack"] = Json::array({{{"pc", "0x401136"}}});
  EXPECT_EQ(Json::parse(named(report.dump())), report) << "no module, no name";
}

TEST(Symbolize, JsonIsNamedInListsOfBlocks) {
  const Json report = Json::parse(output_of(ARENITE_REPORTER " json"));
  const Json with_list{{"schema", report["schema"]},
                       {"blocks", Json::array({{{"stack", report["stack"]}}, 7})}};
  const Json list = Json::parse(named(with_list.dump()))["blocks"];
  EXPECT_EQ(list[0]["stack"], Json::parse(named(report.dump()))["stack"]);
  EXPECT_EQ(list[1], 7);
}

TEST(Symbolize, TheSummaryIsOfTheFirstFrameThatIsNotBetween) {
  const std::string raw = output_of(ARENITE_REPORTER " text");
  const std::size_t first = raw.find("    #0 ");
  std::string with_library = raw;
  with_library.insert(first, "    #0 0x7d0000001234  (/opt/libarenite.so.0+0x1234)\n");
  const auto summary = [](const std::string& text) {
    const std::size_t at = text.find("SUMMARY: ");
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(summary(named(with_library)), summary(named(raw)));
  EXPECT_NE(summary(named(raw)).find(" in "), std::string::npos);
}

}  // namespace
}  // namespace arenite::cli
