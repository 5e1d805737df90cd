// SPDX-License-Identifier: MIT
// `arenite blocks`, `diff`, `export`, `watch` and what is made from the options, as a user runs
// them.
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/subject.hpp"

namespace arenite::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Blocks, those_that_a_condition_names) {
  const Child child = subject("pinned");
  const std::string where = " --where 'usable == 1024 and state == live' ";
  const Output output = arenite("blocks --limit 0 --format json " + child.option() + where);
  ASSERT_EQ(output.code, 0) << output.text;
  const Json json = output.json();
  EXPECT_GE(json["count"], 40);
  EXPECT_EQ(json["blocks"].size(), json["count"]);
  for (const Json& block : json["blocks"]) {
    EXPECT_EQ(block["usable"], 1024);
    EXPECT_EQ(block["state"], "live");
  }
  const Output one = arenite("blocks --where 'address == " + child.line + "' " + child.option());
  EXPECT_THAT(one.text, HasSubstr("1 blocks, 1.0 KiB"));
  EXPECT_THAT(arenite("blocks --limit 1 " + child.option()).text, HasSubstr("--limit 0 shows all"));
}

/// The layer serves malloc and its like: of other heaps it knows nothing, and what it knows of the
/// process's blocks is told beside them.
TEST(Blocks, of_a_heap_of_the_programs_own_are_told_without_the_layer) {
  const Child child = subject("own", {"--mode", "debug"});
  const std::string blocks = "blocks --limit 0 --format json " + child.option() + " --where ";
  const Json own = arenite(blocks + "'usable == 112 and state == live and serial == 0'").json();
  EXPECT_EQ(own["count"], 1000);
  for (const Json& block : own["blocks"]) {
    ASSERT_EQ(block["size"], block["usable"]);
    ASSERT_FALSE(block.contains("stack"));
  }
  EXPECT_TRUE(arenite(blocks + "'serial == 1'").json()["blocks"][0].contains("stack"));
}

TEST(Blocks, mistakes_are_pointed_at) {
  const Output output = arenite("blocks --pid 1 --where 'size > 4K and sate == live'");
  EXPECT_EQ(output.code, 64);
  EXPECT_THAT(output.text,
              HasSubstr("size > 4K and sate == live\n              ^\nthere is no field sate"));
}

TEST(Audit, only_some_and_no_worse_than) {
  const Child child = subject("twice");
  EXPECT_EQ(arenite("audit --only T " + child.option()).code, 1);
  EXPECT_EQ(arenite("audit --only T2 --fail-on error " + child.option()).code, 1);
  EXPECT_EQ(arenite("audit --only A,P,S2 " + child.option()).code, 0);
  EXPECT_EQ(arenite("audit --only X " + child.option()).code, 64);
  const Output output = arenite("audit --format json " + child.option());
  EXPECT_EQ(output.json()["heaps"][0]["findings"][0]["severity"], "error");
}

TEST(Audit, as_sarif) {
  const Child child = subject("twice");
  const Output output = arenite("audit --format sarif " + child.option());
  EXPECT_EQ(output.code, 1);
  const Json run = output.json()["runs"][0];
  ASSERT_EQ(run["results"].size(), 1u);
  const Json& result = run["results"][0];
  EXPECT_EQ(result["ruleId"], "T2");
  EXPECT_EQ(result["level"], "error");
  EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"], "T2");
  EXPECT_THAT(
      result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].get<std::string>(),
      HasSubstr("libarenite"));
}

TEST(Diff, tells_what_grew) {
  const Child before = subject("live"), after = subject("pinned");
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + before.option()).code, 0);
  const std::string both = file.path + " " + after.pid() + " ";
  const Json json = arenite("diff --format json " + both).json();
  EXPECT_GT(json["totals"]["kept"]["change"], 39 * 63 * 1024);
  EXPECT_EQ(json["totals"]["live"]["after"].get<std::int64_t>() -
                json["totals"]["live"]["before"].get<std::int64_t>(),
            json["totals"]["live"]["change"]);
  EXPECT_THAT(json["sites"][0]["label"].get<std::string>(), HasSubstr("1024 bytes"));
  EXPECT_EQ(arenite("diff " + both + "--fail-on 'kept > 1M'").code, 1);
  EXPECT_EQ(arenite("diff " + both + "--fail-on 'kept > 1G or arenas > 50'").code, 0);
  EXPECT_EQ(arenite("diff " + both + "--fail-on 'leaked > 0'").code, 2) << "no contents";
  EXPECT_EQ(arenite("diff " + both + "--fail-on 'kept < '").code, 64);
  const Output same = arenite("diff " + file.path + " " + file.path + " --fail-on 'added > 0'");
  EXPECT_EQ(same.code, 0) << same.text;
}

Child steps(const char* mode, const char* text) {
  return Child({kCli, "run", "--mode", mode, "--", kSubject, "steps", text});
}

/// Of such that moved alike, by label.
TEST(Diff, lists_first_what_moved_most) {
  std::string more = "a100a200a600";
  for (int i = 0; i < 20; ++i) more += "a3000";
  const Child before = steps("fast", "a100"), after = steps("fast", more.c_str());
  const Json json = arenite("diff --format json " + before.pid() + " " + after.pid()).json();
  for (const char* list : {"sites", "classes"}) {
    std::vector<std::pair<std::int64_t, std::string>> order;
    for (const Json& one : json[list])
      order.emplace_back(-std::abs(one["live_bytes"].get<std::int64_t>()) -
                             std::abs(one["kept_bytes"].get<std::int64_t>()),
                         one["label"]);
    ASSERT_GE(order.size(), 3u) << json[list];
    EXPECT_THAT(order[0].second, HasSubstr("3072 bytes"));
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << json[list];
  }
}

/// Blocks on guard pages are in no pool: totals, classes, sites and the list have them all the
/// same.
TEST(Diff, of_blocks_on_guard_pages) {
  const Child before = steps("page", "a100");
  const Child after = steps("page", "a100a5000a6000");
  const Json json = arenite("diff --format json " + before.pid() + " " + after.pid()).json();
  EXPECT_EQ(json["totals"]["blocks"]["change"], 2);
  EXPECT_EQ(json["totals"]["live"]["change"], 11000);
  EXPECT_EQ(json["totals"]["requested"]["change"], 11000);
  EXPECT_EQ(json["totals"]["mapped"]["change"], 16384);
  ASSERT_EQ(json["classes"].size(), 1u);
  EXPECT_EQ(json["classes"][0]["label"], "guard pages");
  EXPECT_EQ(json["classes"][0]["live_bytes"], 11000);
  ASSERT_EQ(json["sites"].size(), 1u) << json["sites"];
  EXPECT_EQ(json["sites"][0]["live_bytes"], 11000);
  EXPECT_EQ(json["blocks"]["added"].get<int>() - json["blocks"]["gone"].get<int>(), 2);
}

TEST(Diff, with_the_debug_layer_has_classes_and_sites) {
  const Child before = steps("debug", "a100");
  const Child after = steps("debug", "a100a5000a6000f1");
  const std::string both = before.pid() + " " + after.pid();
  const Json json = arenite("diff --format json " + both).json();
  // The block that was freed waits in quarantine: live to the heap, not to the program.
  EXPECT_EQ(json["totals"]["blocks"]["change"], 2);
  EXPECT_EQ(json["totals"]["requested"]["change"], 6000);
  ASSERT_EQ(json["classes"].size(), 2u) << json["classes"];
  EXPECT_EQ(json["sites"].size(), 2u) << json["sites"];
  const std::string text = arenite("diff " + both).text;
  EXPECT_THAT(text, HasSubstr("blocks  class\n"));
  EXPECT_THAT(text, HasSubstr("blocks  site\n"));
  EXPECT_THAT(text, HasSubstr("freed blocks in quarantine"));
}

// ---- export ----

std::string inflated(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed, plain(std::size_t{1} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  ::inflateEnd(&stream);
  return plain;
}

/// A message of protocol buffers, by a decoder that knows nothing of profiles: numbers and bytes of
/// each field.
struct Message {
  std::multimap<unsigned, std::uint64_t> numbers;
  std::multimap<unsigned, std::string> bytes;

  explicit Message(const std::string& from) {
    for (std::size_t at = 0; at < from.size();) {
      const std::uint64_t tag = varint(from, at);
      const auto field = static_cast<unsigned>(tag >> 3);
      if ((tag & 7) == 0) {
        numbers.emplace(field, varint(from, at));
        continue;
      }
      EXPECT_EQ(tag & 7, 2u);
      const std::uint64_t length = varint(from, at);
      EXPECT_LE(length, from.size() - at);
      if (length > from.size() - at) return;
      bytes.emplace(field, from.substr(at, length));
      at += length;
    }
  }
  static std::uint64_t varint(const std::string& from, std::size_t& at) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; at < from.size() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(from[at++]);
      number |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    return number;
  }
};

TEST(Export, pprof_decodes_to_the_sites) {
  const Child child = subject("pinned");
  const TemporaryFile file;
  ASSERT_EQ(arenite("export --pprof -o " + file.path + " " + child.option()).code, 0);
  const Message profile(inflated(contents(file.path)));
  std::vector<std::string> texts;
  const auto [begin, end] = profile.bytes.equal_range(6);
  for (auto one = begin; one != end; ++one) texts.push_back(one->second);
  ASSERT_FALSE(texts.empty());
  EXPECT_EQ(texts[0], "");
  EXPECT_EQ(profile.bytes.count(1), 2u) << "objects and bytes";
  std::set<std::uint64_t> locations;
  const auto [first, last] = profile.bytes.equal_range(4);
  for (auto one = first; one != last; ++one)
    locations.insert(Message(one->second).numbers.find(1)->second);
  const Json sites = arenite("sites --format json " + child.option()).json()["heaps"][0];
  std::uint64_t objects = 0;
  const auto [from, to] = profile.bytes.equal_range(2);
  EXPECT_EQ(static_cast<std::size_t>(std::distance(from, to)), sites["sites"].size());
  for (auto one = from; one != to; ++one) {
    const Message sample(one->second);
    std::size_t at = 0;
    const std::string ids = sample.bytes.find(1)->second, values = sample.bytes.find(2)->second;
    while (at < ids.size()) EXPECT_TRUE(locations.contains(Message::varint(ids, at)));
    at = 0;
    objects += Message::varint(values, at);
  }
  EXPECT_EQ(sites["total"]["blocks"], objects);
  for (const auto& [field, message] : profile.bytes)
    if (field == 5) {
      EXPECT_LT(Message(message).numbers.find(2)->second, texts.size());
    }
}

/// "FUNCTION FILE LINE PC" of each frame of a profile.
std::set<std::string> frames_of_profile(const std::string& bytes) {
  const Message profile(bytes);
  const auto all = [&](unsigned field) {
    std::vector<Message> list;
    const auto [begin, end] = profile.bytes.equal_range(field);
    for (auto one = begin; one != end; ++one) list.emplace_back(one->second);
    return list;
  };
  const auto number = [](const Message& message, unsigned field) {
    const auto found = message.numbers.find(field);
    return found == message.numbers.end() ? 0 : found->second;
  };
  std::vector<std::string> texts;
  const auto [begin, end] = profile.bytes.equal_range(6);
  for (auto one = begin; one != end; ++one) texts.push_back(one->second);
  std::map<std::uint64_t, std::string> functions;
  for (const Message& function : all(5))
    functions[number(function, 1)] =
        texts.at(number(function, 2)) + " " + texts.at(number(function, 4));
  std::set<std::string> frames;
  for (const Message& location : all(4)) {
    const Message line(location.bytes.find(4)->second);
    frames.insert(functions.at(number(line, 1)) + " " + std::to_string(number(line, 2)) + " " +
                  std::to_string(number(location, 3)));
  }
  return frames;
}

TEST(Export, pprof_has_function_file_line_and_pc_of_each_frame) {
  const Child child = subject("pinned", {"--mode", "debug"});
  const TemporaryFile file;
  ASSERT_EQ(arenite("export --pprof -o " + file.path + " " + child.option()).code, 0);
  const std::set<std::string> frames = frames_of_profile(inflated(contents(file.path)));
  const Json sites = arenite("sites --stacks --format json " + child.option()).json();
  unsigned named = 0;
  for (const Json& site : sites["heaps"][0]["sites"])
    for (const Json& frame : site.value("stack", Json::array())) {
      if (!frame.contains("function")) continue;
      const std::string pc = frame["pc"];
      EXPECT_TRUE(frames.contains(frame["function"].get<std::string>() + " " +
                                  frame.value("file", "") + " " +
                                  std::to_string(frame.value("line", 0)) + " " +
                                  std::to_string(std::stoull(pc, nullptr, 16))))
          << frame;
      if (frame["function"].get<std::string>().find("pin_pools") != std::string::npos) ++named;
    }
  EXPECT_GE(named, 1u) << sites;
}

TEST(Export, texts_for_other_tools) {
  const Child child = subject("pinned");
  EXPECT_THAT(arenite("export --folded " + child.option()).text,
              HasSubstr("class 39: 1024 bytes "));
  const std::string csv = arenite("export --csv " + child.option()).text;
  EXPECT_TRUE(csv.starts_with("module,site,blocks,")) << csv;
  EXPECT_THAT(csv, HasSubstr("class 39: 1024 bytes,"));
  EXPECT_GT(arenite("export --json " + child.option()).json()["totals"]["kept_bytes"],
            39 * 63 * 1024);
  const std::string text = arenite("export --prometheus " + child.option()).text;
  EXPECT_THAT(text, HasSubstr("# TYPE arenite_live_bytes gauge\narenite_live_bytes{pid=\"" +
                              child.pid() + "\",command=\"cli_subject\"} "));
  EXPECT_THAT(text, HasSubstr("block_bytes=\"1024\"} "));
  EXPECT_EQ(arenite("export " + child.option()).code, 64);
  EXPECT_EQ(arenite("export --csv --json " + child.option()).code, 64);
  EXPECT_EQ(arenite("export --csv -o /nonexistent/file " + child.option()).code, 2);
}

// ---- watch ----

TEST(Watch, shows_looks_and_ends) {
  const Child child = subject("pinned");
  const Output output = arenite("watch --every 20ms --count 2 " + child.option());
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("(cli_subject)"));
  EXPECT_EQ(output.text.find('\033'), std::string::npos);
  EXPECT_EQ(arenite("watch --every 1x " + child.option()).code, 64);
  EXPECT_EQ(arenite("watch --pid 2147480000").code, 2);
  EXPECT_THAT(output.text, Not(HasSubstr("on guard pages")));
  EXPECT_THAT(arenite("watch --count 1 " + steps("page", "a5000").option()).text,
              HasSubstr("\non guard pages"));
}

/// Each that has anything once, those with the most first.
TEST(Watch, lists_classes_by_what_they_hold) {
  std::string text = "a100";
  for (int i = 0; i < 31; ++i) text += "a3000";
  const Child child = steps("fast", text.c_str());
  text = arenite("watch --count 1 " + child.option()).text;
  const std::size_t head = text.find("class ");
  ASSERT_NE(head, std::string::npos) << text;
  std::istringstream rows(text.substr(text.find('\n', head) + 1));
  std::vector<std::string> classes;
  for (std::string row, name; std::getline(rows, row) && std::istringstream(row) >> name;)
    classes.push_back(name);
  ASSERT_GE(classes.size(), 3u) << text;
  EXPECT_EQ(classes[0], "3072") << text;
  EXPECT_EQ(classes[1], "spans") << text;
  EXPECT_EQ(std::count(classes.begin(), classes.end(), "112"), 1) << text;
  EXPECT_EQ(std::set(classes.begin(), classes.end()).size(), classes.size()) << text;
}

TEST(Watch, shows_what_changed) {
  const Child child = subject("work");
  const std::string text = arenite("watch --every 20ms --count 10 " + child.option()).text;
  EXPECT_TRUE(std::regex_search(text, std::regex("\nblocks +\\d+ +[+-]\\d+\n"))) << text;
}

TEST(Watch, ends_with_the_process) {
  const Child child = subject("pinned");
  const Output output = shell("{ sleep 1; kill -9 " + child.pid() + "; } & " + kCli +
                              " watch --every 10ms " + child.option());
  EXPECT_EQ(output.code, 2) << output.text;
  EXPECT_THAT(output.text, HasSubstr("(cli_subject)"));
  EXPECT_THAT(output.text, HasSubstr("arenite: process " + child.pid() + " is gone\n"));
}

/// A terminal of six lines: the other screen, from its corner, five lines, the first screen.
TEST(Watch, shows_as_much_as_a_terminal_has_lines) {
  const Child child = subject("pinned");
  const Output output = shell("script -qec 'stty rows 6 columns 80; " + kCli + " watch --count 1 " +
                              child.option() + "' /dev/null < /dev/null");
  if (output.code != 0) GTEST_SKIP() << output.text;
  const std::string& text = output.text;
  const std::size_t begin = text.find("\033[?1049h"), end = text.find("\033[?1049l");
  ASSERT_LT(begin, end) << text;
  ASSERT_NE(end, std::string::npos);
  const std::string shown = text.substr(begin, end - begin);
  EXPECT_THAT(shown, HasSubstr("\033[H\033[2J"));
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 4) << shown;
}

TEST(Watch, gives_the_terminal_back_when_interrupted) {
  const Child child = subject("pinned");
  const Output output = shell("script -qec 'timeout -s INT --foreground 0.5 " + kCli +
                              " watch --every 100ms " + child.option() + "' /dev/null < /dev/null");
  if (output.text.find("\033[?1049h") == std::string::npos) GTEST_SKIP() << output.text;
  EXPECT_THAT(output.text, HasSubstr("\033[?1049l"));
}

// ---- from the options ----

TEST(Completion, knows_every_command_and_option) {
  const std::string bash = arenite("completion bash").text;
  for (const char* word :
       {"audit) words='", "--only", "diff) words='", "--fail-on", "--pid", "watch"})
    EXPECT_THAT(bash, HasSubstr(word));
  const Output run = shell("bash -c 'source <(" + kCli +
                           " completion bash); COMP_WORDS=(arenite leaks --supp); COMP_CWORD=2; "
                           "_arenite; echo ${COMPREPLY[@]}'");
  EXPECT_THAT(run.text, HasSubstr("--suppressions"));
  EXPECT_THAT(arenite("completion zsh").text, HasSubstr("#compdef arenite"));
  EXPECT_THAT(arenite("completion fish").text, HasSubstr("-l fail-on"));
  EXPECT_EQ(arenite("completion tcsh").code, 64);
}

TEST(Man, has_every_command_with_its_options) {
  const std::string man = arenite("man").text;
  const Output help = arenite("--help");
  for (const char* command :
       {"audit",   "stat",   "classes", "whatis", "sites",      "blocks",   "leaks", "refs",
        "path",    "diff",   "map",     "watch",  "export",     "snapshot", "run",   "symbolize",
        "explain", "replay", "reduce",  "show",   "completion", "man"}) {
    EXPECT_THAT(man, HasSubstr(std::string(".SS ") + command + "\n")) << command;
    EXPECT_THAT(help.text, HasSubstr(command));
    const Output one = arenite(std::string(command) + " --help");
    EXPECT_THAT(one.text, HasSubstr("Examples:")) << command;
  }
  EXPECT_THAT(man, HasSubstr("\\-\\-fail\\-on"));
}

}  // namespace
}  // namespace arenite::cli
