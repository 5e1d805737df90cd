// SPDX-License-Identifier: MIT
#include "debug/report/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "debug/report/report_fixture.hpp"

namespace arenite {
namespace {

using namespace report_fixture;
using Json = nlohmann::json;

std::string json_of(const Report& report, const FrameNames& names = kMadeUpNames) {
  Kept kept;
  print_json(report, names, kept.sink());
  return kept.text();
}

TEST(JsonReport, IsOneLine) {
  const std::string text = json_of(report_on_block(Fault::double_free, kBlock));
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_TRUE(Json::parse(text).is_object());
}

TEST(JsonReport, HoldsWhatTheReportHolds) {
  Report report = report_on_block(Fault::heap_buffer_underflow, kBlock - 3);
  report.access = Access::write;
  report.access_bytes = 2;
  report.thread = 3;
  add_surroundings(report);
  add_neighbours(report);
  const Json json = Json::parse(json_of(report));
  EXPECT_EQ(json["schema"], "arenite-report");
  EXPECT_EQ(json["version"], kReportSchemaVersion);
  EXPECT_EQ(json["kind"], "error");
  EXPECT_EQ(json["fault"], "heap-buffer-underflow");
  EXPECT_EQ(json["sanitizer_name"], "heap-buffer-overflow");
  EXPECT_EQ(json["process"], 4711);
  EXPECT_EQ(json["thread"], 3);
  EXPECT_EQ(json["address"], "0x7f000000103d");
  EXPECT_EQ(json["access"], (Json{{"kind", "write"}, {"bytes", 2}}));
  EXPECT_EQ(json["stack"].size(), 3u);
  EXPECT_EQ(json["stack"][1], (Json{{"pc", "0x401136"},
                                    {"module", "/bin/program"},
                                    {"offset", "0x1136"},
                                    {"build_id", "4f1d00ff"}}));
  EXPECT_EQ(json["block"]["serial"], 42);
  EXPECT_EQ(json["block"]["bytes"], 10);
  EXPECT_EQ(json["block"]["bad_address"], (Json{{"where", "before"}, {"bytes", 3}}));
  EXPECT_EQ(json["block"]["allocated"]["stack"].size(), 3u);
  EXPECT_TRUE(json["block"]["freed"].is_null());
  EXPECT_EQ(json["before"]["serial"], 41);
  EXPECT_EQ(json["behind"]["family"], "new_array");
  EXPECT_EQ(json["behind"]["thread"], 3);
  EXPECT_EQ(json["surroundings"]["begin"], "0x7f0000001030");
  EXPECT_EQ(json["surroundings"]["kinds"], "gggggggggggggggguuuuuuuuuuggggggggggggg-");
  EXPECT_EQ(json["surroundings"]["hex"].get<std::string>().substr(24, 8), "fd41fdfd");
  EXPECT_EQ(json["settings"], "mode=debug:guard_bytes=16");
  EXPECT_EQ(json["seed"], 77);
}

TEST(JsonReport, SaysNullOfWhatIsNotKnown) {
  Report report = report_on_block(Fault::bad_free, 0x1234);
  report.block = {};
  const Json json = Json::parse(json_of(report));
  for (const char* key : {"access", "block", "before", "behind", "surroundings"})
    EXPECT_TRUE(json[key].is_null()) << key;
  EXPECT_FALSE(json.contains("released"));
}

TEST(JsonReport, TellsWhoFreedABlock) {
  Report report = report_on_block(Fault::heap_use_after_free, kBlock);
  make_freed(report);
  const Json freed = Json::parse(json_of(report))["block"]["freed"];
  EXPECT_EQ(freed["thread"], 1);
  EXPECT_EQ(freed["stack"][1]["pc"], "0x401121");
  EXPECT_EQ(freed["stack"][2], (Json{{"pc", "0x12344"}}));
}

TEST(JsonReport, TellsHowAMismatchedBlockWasGivenBack) {
  Report report = report_on_block(Fault::new_delete_type_mismatch, kBlock);
  report.released_as = Family::new_object;
  report.released_bytes = 12;
  const Json released = Json::parse(json_of(report))["released"];
  EXPECT_EQ(released["family"], "new_object");
  EXPECT_EQ(released["bytes"], 12);
  report.released_bytes = kUnsaid;
  EXPECT_FALSE(Json::parse(json_of(report))["released"].contains("bytes"));
}

bool find_any_bytes(void* context, Address pc, FrameName& name) {
  name = {*static_cast<const std::string*>(context), pc, {}};
  return true;
}

Json frame_of_module(std::string path) {
  Report report = report_on_block(Fault::double_free, kBlock);
  return Json::parse(json_of(report, {&path, &find_any_bytes}))["stack"][0];
}

TEST(JsonReport, TakesPathsOfAnyBytes) {
  std::string controls = "\"\\/";
  for (char byte = 1; byte < 0x20; ++byte) controls += byte;
  controls += "\x7f";
  for (const std::string& path :
       {controls, std::string("/b\xc3\xa4r/\xe2\x82\xac/\xf0\x9f\x98\x80")}) {
    const Json frame = frame_of_module(path);
    EXPECT_EQ(frame["module"], path);
    EXPECT_FALSE(frame.contains("module_hex"));
  }
  for (const std::string bad :
       {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5",
        "\x80", "\xe2\x82", "\xc3(", "\xe2(\xac", "\xe2\x82(", "\xf0\x9f\x98("}) {
    const Json frame = frame_of_module("/a" + bad);
    EXPECT_TRUE(frame["module"].get<std::string>().starts_with("/a\xef\xbf\xbd"));
    EXPECT_TRUE(frame["module_hex"].get<std::string>().starts_with("2f61"));
    EXPECT_EQ(frame["module_hex"].get<std::string>().size(), 4 + 2 * bad.size());
  }
}

TEST(JsonReport, EscapesNothingButQuotesBackslashesAndControlBytes) {
  Kept kept;
  JsonPrinter to(kept.sink());
  to.open('{').text("plain", " !/~").text("escaped", "\"\\\x1f\x7f").close('}');
  EXPECT_EQ(kept.text(), R"({"plain":" !/~","escaped":"\"\\\u001f\u007f"})");
  EXPECT_EQ(to.written(), kept.text().size());
}

TEST(JsonReport, HasEachKindOfMember) {
  Kept kept;
  JsonPrinter to(kept.sink());
  const std::uint8_t bytes[] = {0, 255};
  to.open('{').address("a", 0x1f).number("b", 7).truth("c", true).truth("d", false).null("e");
  to.hex("f", bytes, 2).open("g", '[').open('{').close('}').open('[').close(']').close(']');
  to.bytes_as_text("h", "\xff!").number("i", 0).close('}').end_line();
  EXPECT_EQ(kept.text(), R"({"a":"0x1f","b":7,"c":true,"d":false,"e":null,"f":"00ff","g":[{},[]],)"
                         R"("h":"\ufffd!","h_hex":"ff21","i":0})"
                         "\n");
}

TEST(JsonReport, CountsFramesThatHaveNoRoom) {
  std::string path(5000, '\x01');
  Report report = report_on_block(Fault::double_free, kBlock);
  report.here.count = kMaxFrames;
  for (Address& pc : report.here.pc) pc = 0x401000;
  const std::string text = json_of(report, {&path, &find_any_bytes});
  EXPECT_LT(text.size(), 256u << 10);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["stack"].size() + json["frames_left_out"].get<unsigned>(), kMaxFrames);
  EXPECT_FALSE(Json::parse(json_of(report)).contains("frames_left_out"));
}

/// A stack of nine frames whose module has so long a path.
std::string stack_of_paths(std::size_t bytes) {
  std::string path(bytes, 'x');
  Frames nine;
  nine.exact_first = true;
  for (Address& pc : nine.pc) pc = 0x401001;
  nine.pc[0] = 0x401000;
  nine.count = 9;
  Kept kept;
  JsonPrinter to(kept.sink());
  to.open('{');
  print_stack_json(nine, {&path, &find_any_bytes}, to);
  to.close('}');
  return kept.text();
}

TEST(JsonReport, UsesTheRoomOfAStackToTheLastByte) {
  const std::string shortest = stack_of_paths(0);
  constexpr std::string_view kAround = R"({"stack":[]})";
  // Each frame has its comma, and the last has room for one.
  const std::size_t frame_bytes = (shortest.size() - kAround.size() + 1) / 9;
  ASSERT_EQ(frame_bytes * 9, shortest.size() - kAround.size() + 1);
  const std::size_t path_bytes = kStackJsonBytes / 8 - frame_bytes;
  const Json exact = Json::parse(stack_of_paths(path_bytes));
  EXPECT_EQ(exact["stack"].size(), 8u);
  EXPECT_EQ(exact["frames_left_out"], 1);
  const Json over = Json::parse(stack_of_paths(path_bytes + 1));
  EXPECT_EQ(over["stack"].size(), 7u);
  EXPECT_EQ(over["frames_left_out"], 2);
}

}  // namespace
}  // namespace arenite
