// SPDX-License-Identifier: MIT
// `arenite` as a user runs it, on processes that are served by the library.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/core_bytes.hpp"
#include "debug/cli/subject.hpp"
#include "debug/guard/debug_root.hpp"
#include "layout/own_heaps.hpp"
#include "layout/root.hpp"

namespace arenite::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kImpostor = ARENITE_IMPOSTOR;

TEST(Usage, numbers_out_of_range_are_no_large_ones) {
  for (const char* wrong : {"blocks --limit -1", "blocks --limit 18446744073709551616",
                            "map -o x --detail -5", "sites --limit 1x", "refs 0x10 --limit ''"}) {
    const Output output = arenite(std::string(wrong) + " --snapshot none");
    EXPECT_EQ(output.code, 64) << wrong;
    EXPECT_NE(output.text.find(" is no number from 0 to 1"), std::string::npos) << output.text;
  }
  for (const char* wrong : {"-1", "0", "4294967296", "x"}) {
    const Output output = arenite(std::string("stat --pid ") + wrong);
    EXPECT_EQ(output.code, 64) << wrong;
    EXPECT_NE(output.text.find(std::string("--pid: ") + wrong + " is no number above 0"),
              std::string::npos)
        << output.text;
  }
}

TEST(Usage, mistakes_end_in_64) {
  for (const char* arguments :
       {"", "nothing", "audit", "audit --pid 0", "audit --pid x", "audit --pid 1 --snapshot x",
        "audit --pid 1 --format xml", "classes --geometry huge", "explain X9", "run",
        "snapshot --pid 1", "whatis --pid 1", "whatis --pid 1 zzz"})
    EXPECT_EQ(arenite(arguments).code, 64) << arguments << "\n" << arenite(arguments).text;
  EXPECT_EQ(arenite("--help").code, 0);
  EXPECT_EQ(arenite("audit --help").code, 0);
}

TEST(Usage, a_wrong_choice_is_told_the_words) {
  // What is given, and what is said of it: whole, and of characters that can be read.
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"show x --as pdf", "--as: pdf not in {cpp,hop,text}"},
      {"audit --pid 1 --fail-on no", "--fail-on: no not in {error,warning}"},
      {"leaks --pid 1 --kinds K9", "--kinds: K9 not in {K1,K2,K3,K4}"},
      {"leaks --pid 1 --format pdf", "--format: pdf not in {json,sarif,text}"},
      {"leaks --pid 1 --kinds", "--kinds: 1 required TEXT:{K1,K2,K3,K4} missing"},
      // What a name stands for is no name.
      {"show x --as 1", "--as: 1 not in {cpp,hop,text}"},
      {"audit --pid 1 --fail-on 1", "--fail-on: 1 not in {error,warning}"},
      {"leaks --pid 1 --kinds 1", "--kinds: 1 not in {K1,K2,K3,K4}"},
      {"stat --pid 1 --format 1", "--format: 1 not in {json,text}"},
      // Each of several is looked at, in upper or lower case; one alone is taken as it stands.
      {"leaks --pid 1 --kinds K1,k2,k9", "--kinds: k9 not in {K1,K2,K3,K4}"},
      {"stat --pid 1 --format JSON", "--format: JSON not in {json,text}"}};
  for (const auto& [arguments, said] : wrong) {
    const Output output = arenite(arguments);
    EXPECT_EQ(output.code, 64) << arguments;
    EXPECT_EQ(output.text, said + "\nRun with --help for more information.\n") << arguments;
  }
}

TEST(Classes, classic_is_the_whole_table) {
  const Output output = arenite("classes --geometry classic --format json");
  ASSERT_EQ(output.code, 0);
  const Json classes = output.json()["classes"];
  ASSERT_EQ(classes.size(), 64u);
  for (unsigned i = 0; i < 64; ++i) {
    EXPECT_EQ(classes[i]["from"], 8 * i + 1);
    EXPECT_EQ(classes[i]["to"], 8 * (i + 1));
    EXPECT_EQ(classes[i]["block_bytes"], 8 * (i + 1));
    EXPECT_EQ(classes[i]["capacity"], 4096 / (8 * (i + 1)));
  }
  EXPECT_THAT(arenite("classes --geometry classic").text, HasSubstr("505-512"));
}

TEST(Explain, all_and_one) {
  EXPECT_EQ(arenite("explain --format json").json().size(), 36u);
  const Output one = arenite("explain p4");
  EXPECT_EQ(one.code, 0);
  EXPECT_THAT(one.text, HasSubstr("No free bit is set beyond"));
  EXPECT_EQ(arenite("explain U2").code, 64);
}

TEST(Explain, every_id_of_the_catalogue) {
  std::string ids;
  const Json all = arenite("explain --format json").json();
  for (const Json& one : all) ids += one["id"].get<std::string>() + ' ';
  EXPECT_EQ(ids,
            "R1 R2 R3 A1 A2 A3 A4 A5 P1 P2 P3 P4 P5 P6 P7 P8 B1 B2 L1 L2 T1 T2 S1 S2 "
            "D1 D2 D3 D4 D5 D6 S3 K1 K2 K3 K4 U1 ");
  // What nothing here can break is told, too.
  const Output ring = arenite("explain U1");
  EXPECT_EQ(ring.code, 0) << ring.text;
  EXPECT_THAT(ring.text, HasSubstr("Not checked: "));
  EXPECT_THAT(arenite("explain S3").text, HasSubstr("arenite diff compares"));
  // No audit finds these.
  for (const char* id : {"S3", "U1"})
    EXPECT_EQ(arenite(std::string("audit --only ") + id + " --pid 1").code, 64);
}

TEST(Run, hands_the_programs_arguments_and_exit_code_on) {
  EXPECT_EQ(arenite("run -- sh -c 'exit 7'").code, 7);
  EXPECT_EQ(arenite("run sh -c 'exit 8'").code, 8);
  EXPECT_THAT(arenite("run -- echo --pid 5 --format").text, HasSubstr("--pid 5 --format"));
  EXPECT_THAT(arenite("run -- sh -c 'echo $LD_PRELOAD'").text, HasSubstr(kLibrary));
  EXPECT_THAT(shell("LD_PRELOAD=libm.so.6 ARENITE_LIBRARY=" + kLibrary + " " + kCli +
                    " run -- sh -c 'echo $LD_PRELOAD'")
                  .text,
              HasSubstr(kLibrary + ":libm.so.6"));
}

TEST(Run, what_cannot_be_run) {
  EXPECT_EQ(arenite("run -- /nonexistent/program").code, 127);
  EXPECT_EQ(arenite("run -- /etc/passwd").code, 126);
  const Output output = shell("ARENITE_LIBRARY=/nonexistent.so " + kCli + " run -- true");
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.text, HasSubstr("/nonexistent.so"));
}

TEST(Run, finds_the_library_beside_the_program) {
  const Output output =
      shell("env -u ARENITE_LIBRARY " + kCli + " run -- sh -c 'echo $LD_PRELOAD'");
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("libarenite.so"));
  const Output shown = shell("env -u ARENITE_LIBRARY " + kCli + " run --print");
  EXPECT_EQ(shown.code, 0) << shown.text;
  const std::string beside = std::filesystem::path(kCli).parent_path().parent_path() / "lib/";
  EXPECT_THAT(shown.text, HasSubstr("LD_PRELOAD=" + beside + "libarenite.so\n"));
}

TEST(Run, says_where_the_library_is_not) {
  const TemporaryFile place;
  const std::string folder = std::filesystem::path(place.path + ".dir").lexically_normal();
  std::filesystem::create_directories(folder + "/bin");
  std::filesystem::copy_file(kCli, folder + "/bin/arenite");
  const Output output = shell("env -u ARENITE_LIBRARY " + folder + "/bin/arenite run -- true");
  EXPECT_EQ(output.code, 2) << output.text;
  EXPECT_THAT(output.text,
              HasSubstr("libarenite.so is not in " + folder + "/lib; name it in ARENITE_LIBRARY"));
  std::filesystem::remove_all(folder);
}

/// The loader would take it for two.
TEST(Run, a_library_in_a_path_with_a_blank_or_a_colon) {
  for (const char separator : {' ', ':'}) {
    const TemporaryFile file;
    const std::string path = file.path + separator + "library";
    std::ofstream(path) << "library";
    const Output output = shell("ARENITE_LIBRARY='" + path + "' " + kCli + " run -- true");
    EXPECT_EQ(output.code, 2) << output.text;
    EXPECT_THAT(output.text,
                HasSubstr("the path of the library, " + path + ", has a blank or a colon in it"));
    std::filesystem::remove(path);
  }
}

/// Whether a process is there and not a zombie, waiting a while for it to end.
bool ends_soon(const std::string& pid) {
  for (int i = 0; i < 500; ++i) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::string number, name, state;
    if (!(file >> number >> name >> state) || state == "Z") return true;
    ::usleep(10000);
  }
  return false;
}

TEST(Children, end_with_what_they_started) {
  std::string inner, outer;
  {
    const Child child({"sh", "-c", "sleep 1000 & echo $!; wait"});
    inner = child.line, outer = child.pid();
    ASSERT_EQ(::kill(static_cast<pid_t>(std::stol(inner)), 0), 0);
  }
  EXPECT_TRUE(ends_soon(outer));
  EXPECT_TRUE(ends_soon(inner));
}

TEST(Children, end_with_a_test_that_is_killed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t test = ::fork();
  if (test == 0) {
    const Child child = subject("live");
    ::dprintf(ends[1], "%s\n", child.pid().c_str());
    for (;;) ::pause();
  }
  ::close(ends[1]);
  std::string pid;
  for (char byte; ::read(ends[0], &byte, 1) == 1 && byte != '\n';) pid += byte;
  ::close(ends[0]);
  ASSERT_EQ(::kill(static_cast<pid_t>(std::stol(pid)), 0), 0);
  ::kill(test, SIGKILL);
  ::waitpid(test, nullptr, 0);
  EXPECT_TRUE(ends_soon(pid));
}

TEST(Audit, a_sound_process) {
  const Child child = subject("fill");
  const Output text = arenite("audit " + child.option());
  EXPECT_EQ(text.code, 0) << text.text;
  EXPECT_THAT(text.text, HasSubstr("0 findings"));
  const Json json = arenite("audit --format json " + child.option()).json();
  EXPECT_EQ(json["findings"], 0);
  EXPECT_EQ(json["exit"], 0);
  EXPECT_EQ(json["heaps"][0]["audit"], "complete");
  EXPECT_GT(json["heaps"][0]["arenas"], 0);
  EXPECT_GT(json["heaps"][0]["spans"], 0);
}

TEST(Audit, a_double_free_is_found_by_its_invariant) {
  const Child child = subject("twice");
  const Output output = arenite("audit --format json " + child.option());
  EXPECT_EQ(output.code, 1) << output.text;
  const Json findings = output.json()["heaps"][0]["findings"];
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0]["id"], "T2");
  EXPECT_EQ(findings[0]["address"], child.line);
  EXPECT_THAT(arenite("audit " + child.option()).text, HasSubstr("1 finding"));
}

TEST(Audit, processes_at_work_give_no_findings) {
  const Child child = subject("work");
  int told = 0;
  for (int i = 0; i < 25; ++i) {
    const Output output = arenite("audit " + child.option());
    EXPECT_NE(output.code, 1) << output.text;
    told += output.code == 0 ? 1 : 0;
  }
  EXPECT_GE(told, 20);
}

TEST(Audit, debug_mode_stands_briefly_and_judges_what_stays) {
  const Child child = subject("work", {"--mode", "debug"});
  for (int i = 0; i < 4; ++i) EXPECT_NE(arenite("audit " + child.option()).code, 1);
  const Output standing = arenite("audit --standing --format json " + child.option());
  EXPECT_NE(standing.code, 1) << standing.text;
  if (standing.code == 0) {
    EXPECT_FALSE(standing.json()["heaps"][0]["layer"].contains("torn"));
  }
}

/// Each thread frees more than the quarantine holds; the next one takes the place of the last.
TEST(Audit, threads_that_ended_hold_no_freed_block) {
  const Child child(
      {kCli, "run", "--mode", "debug", "--", kSubject, "steps", "h30000h30000h30000h30000"});
  const Output output = arenite("audit --format json " + child.option());
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_GT(output.json()["heaps"][0]["layer"]["freed"], 10000);
}

TEST(Audit, an_opened_guard_page_is_found) {
  const Child child = subject("unguarded", {"--mode", "page"});
  const Output output = arenite("audit --format json " + child.option());
  EXPECT_EQ(output.code, 1) << output.text;
  const Json findings = output.json()["heaps"][0]["findings"];
  ASSERT_GE(findings.size(), 1u);
  EXPECT_EQ(findings[0]["id"], "D6");
  EXPECT_EQ(arenite("audit --only D6 " + subject("live", {"--mode", "page"}).option()).code, 0);
}

TEST(Audit, processes_that_cannot_be_told) {
  const auto expect = [](const std::string& option, const char* words) {
    const Output output = arenite("audit " + option);
    EXPECT_EQ(output.code, 2) << output.text;
    EXPECT_THAT(output.text, HasSubstr(words));
  };
  expect("--pid 2147480000", "there is no process");
  {
    const Child plain({kSubject, "live"});
    expect(plain.option(), "there is no Arenite in process");
  }
  {
    const Child other({kImpostor, "other"});
    expect(other.option(), "0x0000000000001234");
    expect(other.option(), "another layout");
    expect("--format json " + other.option(), "fingerprint_read");
  }
  {
    const Child unused({kImpostor, "unused"});
    expect(unused.option(), "was not used yet");
  }
  const Child overwritten({kImpostor, "overwritten"});
  const Output output = arenite("audit " + overwritten.option());
  EXPECT_EQ(output.code, 1);
  EXPECT_THAT(output.text, HasSubstr("R1"));
  EXPECT_EQ(arenite("audit --format json " + overwritten.option()).json()["heaps"][0]["audit"],
            "root not credible");
}

TEST(Audit, of_many_findings_of_a_kind_some_are_counted) {
  std::string steps;
  for (int i = 0; i < 20; ++i) steps += "o100";
  const Child child({kCli, "run", "--mode", "debug", "--", kSubject, "steps", steps});
  const Json json = arenite("audit --format json " + child.option()).json();
  EXPECT_EQ(json["findings"], 20);
  const Json heap = json["heaps"][0];
  ASSERT_EQ(heap["findings"].size(), 16u);
  const std::string id = heap["findings"][0]["id"];
  EXPECT_EQ(heap["suppressed"], Json({{id, 4}}));
  EXPECT_THAT(arenite("audit " + child.option()).text, HasSubstr("\n" + id + " 4 more\n"));
  EXPECT_THAT(arenite("audit --only " + id + " " + child.option()).text, HasSubstr("20 findings"));
  const Output others = arenite("audit --only T " + child.option());
  EXPECT_EQ(others.code, 0) << others.text;
  EXPECT_THAT(others.text, HasSubstr("\n0 findings"));
}

TEST(Audit, of_warnings_alone_no_error_is_made) {
  const Child child = subject("live");
  const std::uint64_t dirty = root_of(child) + offsetof(HeapRoot<Remote>, dirty_pools);
  child.put(dirty, child.get<std::uint32_t>(dirty) + 1);
  const Output output = arenite("audit --format json " + child.option());
  EXPECT_EQ(output.code, 1) << output.text;
  EXPECT_EQ(output.json()["heaps"][0]["findings"][0]["severity"], "warning");
  const Output errors = arenite("audit --fail-on error " + child.option());
  EXPECT_EQ(errors.code, 0) << errors.text;
  EXPECT_THAT(errors.text, HasSubstr("1 finding"));
}

/// As if a thread had stopped inside an operation for good.
TEST(Audit, a_process_that_is_never_at_rest) {
  const Child child = subject("twice");
  child.put(root_of(child) + offsetof(HeapRoot<Remote>, range_lock), std::uint32_t{1});
  const Output text = arenite("audit " + child.option());
  EXPECT_EQ(text.code, 2) << text.text;
  const std::string torn = "a thread was inside an operation at every look";
  EXPECT_THAT(text.text, HasSubstr("; torn: " + torn + "\n"));
  EXPECT_THAT(text.text, HasSubstr("cannot tell: " + torn));
  EXPECT_EQ(arenite("audit --format json " + child.option() + " 2>/dev/null").json()["torn"], true);
  const TemporaryFile file;
  EXPECT_THAT(arenite("snapshot -o " + file.path + " " + child.option()).text,
              HasSubstr(", torn: " + torn));
  const Output saved = arenite("audit --snapshot " + file.path);
  EXPECT_EQ(saved.code, 2) << saved.text;
  EXPECT_THAT(saved.text, HasSubstr("the snapshot was taken of a process inside an operation"));
}

/// The link of a heap lies before its root; here it leads to where nothing is.
TEST(Audit, a_list_of_heaps_that_breaks_off) {
  const Child child = subject("own");
  const std::uint64_t second =
      address_in(arenite("audit --format json " + child.option()).json()["heaps"][1]["root"]);
  child.put(second - sizeof(OwnHeapLink<Remote>), std::uint64_t{0x18});
  const auto expect_told = [](const std::string& input) {
    const Output text = arenite("audit " + input);
    EXPECT_EQ(text.code, 2) << text.text;
    EXPECT_THAT(text.text, HasSubstr("1 reads failed, the first at 0x18\n"));
    EXPECT_THAT(text.text, HasSubstr("cannot tell: memory of the heap could not be read"));
    const Json heaps = arenite("audit --format json " + input + " 2>/dev/null").json()["heaps"];
    EXPECT_EQ(heaps.size(), 2u);
    EXPECT_EQ(heaps[0]["unreadable"], 1);
  };
  expect_told(child.option());
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  expect_told("--snapshot " + file.path);
}

TEST(Audit, a_heap_whose_root_is_nowhere) {
  const Child child = subject("own");
  const std::uint64_t root =
      address_in(arenite("audit --format json " + child.option()).json()["heaps"][1]["root"]);
  child.put(root - sizeof(OwnHeapLink<Remote>) + offsetof(OwnHeapLink<Remote>, root),
            std::uint64_t{0x18});
  const Output output = arenite("audit --format json " + child.option() + " 2>/dev/null");
  EXPECT_EQ(output.code, 2) << output.text;
  const Json heaps = output.json()["heaps"];
  ASSERT_EQ(heaps.size(), 3u);
  EXPECT_EQ(heaps[1]["audit"], "no root");
  EXPECT_EQ(heaps[1]["root"], "0x18");
  EXPECT_EQ(heaps[2]["audit"], "complete");
}

TEST(Audit, a_process_that_is_not_ours) {
  if (::getuid() != 0) GTEST_SKIP() << "needs another user to be";
  const Child child({kSubject, "live"});
  const Output output =
      shell("setpriv --reuid 65534 --clear-groups " + kCli + " audit " + child.option());
  if (output.code == 127) GTEST_SKIP() << output.text;
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.text, HasSubstr("may not be stopped"));
}

TEST(Stat, the_sum_is_what_is_mapped) {
  const Child child = subject("fill");
  const Output output = arenite("stat --format json " + child.option());
  ASSERT_EQ(output.code, 0) << output.text;
  const Json heap = output.json()["heaps"][0];
  EXPECT_EQ(heap["mapped_bytes"], heap["accounted_bytes"]);
  EXPECT_EQ(heap["classes"].size(), 80u);
  EXPECT_THAT(arenite("stat " + child.option()).text, HasSubstr("100.0 %"));
}

TEST(Stat, counts_what_lies_on_guard_pages) {
  const Child child({kCli, "run", "--mode", "page", "--", kSubject, "steps", "a5000a6000f0"});
  const Json counts =
      arenite("stat --format json " + child.option()).json()["heaps"][0]["on_pages"];
  const Json blocks = arenite("blocks --format json --limit 0 " + child.option()).json();
  std::uint64_t live = 0, bytes = 0;
  for (const Json& row : blocks["blocks"])
    if (row["state"] == "live") ++live, bytes += row["size"].get<std::uint64_t>();
  EXPECT_GE(live, 1u);
  EXPECT_EQ(counts["live"], live);
  EXPECT_EQ(counts["live_bytes"], bytes);
  EXPECT_EQ(counts["freed"], blocks["count"].get<std::uint64_t>() - live);
  EXPECT_GT(counts["open_bytes"], bytes);
  EXPECT_EQ(counts["open_bytes"].get<std::uint64_t>() % 4096, 0u);
  EXPECT_THAT(arenite("stat " + child.option()).text, HasSubstr("on guard pages, beside the heap"));
  EXPECT_THAT(arenite("stat " + subject("live").option()).text, Not(HasSubstr("guard pages,")));
}

TEST(Snapshot, audits_and_states_like_the_process) {
  const Child child = subject("twice");
  const TemporaryFile file;
  const Output output = arenite("snapshot -o " + file.path + " " + child.option());
  ASSERT_EQ(output.code, 0) << output.text;
  Json live = arenite("audit --format json " + child.option()).json();
  EXPECT_EQ(arenite("audit --format json --snapshot " + file.path).json(), live);
  EXPECT_EQ(arenite("audit --snapshot " + file.path).code, 1);
  EXPECT_EQ(arenite("stat --format json --snapshot " + file.path).text,
            arenite("stat --format json " + child.option()).text);
  EXPECT_EQ(arenite("snapshot --full -o " + file.path + " " + child.option()).code, 0);
  EXPECT_EQ(arenite("audit --snapshot " + file.path).code, 1);
}

TEST(Snapshot, of_a_process_at_work_is_clean) {
  const Child child = subject("work");
  const TemporaryFile file;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
    const Output output = arenite("audit --snapshot " + file.path);
    EXPECT_EQ(output.code, 0) << output.text;
  }
}

TEST(Snapshot, damaged_files_end_in_2) {
  const Child child = subject("fill");
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  const std::size_t whole = std::filesystem::file_size(file.path);
  for (const std::size_t length :
       {whole - 1, whole - 48, whole / 2, std::size_t{60}, std::size_t{0}}) {
    std::filesystem::resize_file(file.path, length);
    for (const char* command : {"audit", "stat"}) {
      const Output output = arenite(std::string(command) + " --snapshot " + file.path);
      EXPECT_EQ(output.code, 2) << command << " of " << length << "\n" << output.text;
      EXPECT_THAT(output.text, HasSubstr(file.path));
    }
  }
  EXPECT_EQ(arenite("audit --snapshot /nonexistent").code, 2);
  EXPECT_EQ(arenite("snapshot -o /nonexistent/file " + child.option()).code, 2);
}

TEST(Snapshot, a_heap_of_another_layout_is_not_saved) {
  const Child other({kImpostor, "other"});
  const TemporaryFile file;
  const Output output = arenite("snapshot -o " + file.path + " " + other.option());
  EXPECT_EQ(output.code, 2);
  EXPECT_EQ(output.text, "arenite: the heap cannot be saved: other layout\n");
  EXPECT_FALSE(std::filesystem::exists(file.path));
}

TEST(Core, of_gdb_audits_and_states_like_the_process) {
  const Child child = subject("twice");
  const CoreOf core(child);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  EXPECT_EQ(arenite("audit --format json " + core.option()).json(),
            arenite("audit --format json " + child.option()).json());
  EXPECT_EQ(arenite("stat --format json " + core.option()).text,
            arenite("stat --format json " + child.option()).text);
  const TemporaryFile file;
  EXPECT_EQ(arenite("snapshot -o " + file.path + " " + core.option()).code, 0);
  EXPECT_EQ(arenite("audit --snapshot " + file.path).code, 1);
}

/// The core of a program on another build of the library: nothing is read by the wrong layout.
TEST(Core, of_another_build_is_refused_with_both_fingerprints) {
  const Child other({kImpostor, "other"});
  const CoreOf core(other);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  const Output text = arenite("audit " + core.option());
  EXPECT_EQ(text.code, 2) << text.text;
  EXPECT_THAT(text.text, HasSubstr("another layout"));
  const Output output = arenite("audit --format json " + core.option() + " 2>/dev/null");
  EXPECT_EQ(output.code, 2) << output.text;
  const Json heap = output.json()["heaps"][0];
  EXPECT_EQ(heap["audit"], "other layout");
  EXPECT_EQ(heap["fingerprint"], "0x1234");
  const std::string read = heap["fingerprint_read"];
  EXPECT_NE(read, "0x1234");
  EXPECT_THAT(text.text, HasSubstr("0x0000000000001234"));
  EXPECT_THAT(text.text, HasSubstr(read.substr(2)));
  for (const char* command : {"stat", "sites", "blocks", "leaks", "whatis 0x1000"})
    EXPECT_EQ(arenite(std::string(command) + " " + core.option()).code, 2) << command;
}

/// The same for the layer above the heap.
TEST(Core, of_another_debug_layer_is_refused_with_both_fingerprints) {
  const Child child = subject("live", {"--mode", "debug"});
  const CoreOf core(child);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  const struct {
    std::uint64_t cookie = kDebugCookie;
    std::uint32_t version = kDebugVersion, bytes = sizeof(DebugRoot<Remote>);
  } begin;
  ASSERT_TRUE(increment_behind(core.path(), {reinterpret_cast<const char*>(&begin), sizeof begin}));
  const Output text = arenite("audit " + core.option());
  EXPECT_EQ(text.code, 2) << text.text;
  EXPECT_THAT(text.text, HasSubstr("the debug layer has another layout than this tool reads"));
  const Json layer =
      arenite("audit --format json " + core.option() + " 2>/dev/null").json()["heaps"][0]["layer"];
  const std::uint64_t read = address_in(layer["fingerprint_read"]);
  EXPECT_EQ(read, kDebugFingerprint);
  EXPECT_EQ(address_in(layer["fingerprint"]) & ~std::uint64_t{0xff}, read & ~std::uint64_t{0xff});
  EXPECT_NE(address_in(layer["fingerprint"]), read);
  EXPECT_THAT(text.text, HasSubstr(layer["fingerprint"].get<std::string>().substr(2) +
                                   "; this tool reads 0x"));
}

TEST(Core, cut_short_gives_what_it_holds) {
  const Child child = subject("fill");
  const CoreOf core(child);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  std::filesystem::resize_file(core.path(), std::filesystem::file_size(core.path()) - 100000);
  const Output output = arenite("audit " + core.option());
  EXPECT_EQ(output.code, 2) << output.text;
  EXPECT_THAT(output.text, HasSubstr("cut short"));
  const Json run =
      arenite("audit --format sarif " + core.option() + " 2>/dev/null").json()["runs"][0];
  const Json invocation = run["invocations"][0];
  EXPECT_EQ(invocation["executionSuccessful"], false);
  EXPECT_EQ(invocation["exitCode"], 2);
  EXPECT_THAT(invocation["toolExecutionNotifications"][0]["message"]["text"].get<std::string>(),
              HasSubstr("cut short"));
  std::filesystem::resize_file(core.path(), 100);
  EXPECT_EQ(arenite("audit " + core.option()).code, 2);
  EXPECT_EQ(arenite("audit --core " + kSubject).code, 2);
}

/// Where the kernel writes cores into the working directory: the library deleted, the program
/// stripped, the address found all the same.
TEST(Core, of_the_kernel_without_the_files_it_ran_from) {
  std::ifstream pattern("/proc/sys/kernel/core_pattern");
  std::string name;
  pattern >> name;
  if (name != "core") GTEST_SKIP() << "cores go to " << name;
  const TemporaryFile place;
  const std::string at = place.path + ".dir";
  std::filesystem::create_directory(at);
  const Output output = shell("cd " + at + " && cp " + kLibrary + " lib.so && cp " + kSubject +
                              " subject && strip subject && ulimit -c unlimited && "
                              "{ LD_PRELOAD=./lib.so ./subject abort > address || true; } && "
                              "rm lib.so subject");
  EXPECT_EQ(output.code, 0) << output.text;
  std::string core;
  for (const auto& entry : std::filesystem::directory_iterator(at))
    if (entry.path().filename().string().starts_with("core")) core = entry.path();
  std::string address;
  std::ifstream(at + "/address") >> address;
  if (core.empty()) {
    std::filesystem::remove_all(at);
    GTEST_SKIP() << "no core was written";
  }
  EXPECT_EQ(arenite("audit --core " + core).code, 0) << arenite("audit --core " + core).text;
  EXPECT_THAT(arenite("whatis " + address + " --core " + core).text,
              HasSubstr("offset 7 in block"));
  EXPECT_EQ(arenite("audit --format json --core " + core).json()["signal"], 6);
  std::filesystem::remove_all(at);
}

/// Two cores of one process; a counter that only grows is set back in the second.
TEST(Diff, counters_that_only_grow_do_not_shrink) {
  const Child child = subject("fill");
  const CoreOf core(child);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  const auto diff = [&](const std::string& a, const std::string& b) {
    return arenite("diff --format json " + a + " " + b);
  };
  const Output same = diff(core.path(), child.pid());
  ASSERT_EQ(same.code, 0) << same.text;
  EXPECT_EQ(same.json()["counters"]["compared"], 9);
  EXPECT_TRUE(same.json()["counters"]["shrunk"].empty());
  const std::string root =
      arenite("audit --format json " + core.option()).json()["heaps"][0]["root"];
  ASSERT_TRUE(increment_in_core(
      core.path(), std::stoull(root, nullptr, 16) + offsetof(HeapRoot<Remote>, decommits)));
  const Output shrunk = diff(core.path(), child.pid());
  EXPECT_EQ(shrunk.code, 1) << shrunk.text;
  const Json found = shrunk.json()["counters"]["shrunk"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["id"], "S3");
  EXPECT_EQ(found[0]["name"], "times pages went back");
  EXPECT_THAT(arenite("diff " + core.path() + " " + child.pid()).text,
              HasSubstr("S3 warning heap at 0x"));
  // The other way round it grew.
  EXPECT_EQ(diff(child.pid(), core.path()).code, 0);
  // Snapshots know their time, so that it does not matter which is named first.
  const TemporaryFile file;
  const std::string earlier = file.path + ".earlier", later = file.path + ".later";
  for (const std::string& path : {earlier, later})
    ASSERT_EQ(arenite("snapshot -o " + path + " " + child.option()).code, 0);
  EXPECT_EQ(diff(later, earlier).json()["counters"]["compared"], 9);
  EXPECT_EQ(diff(later, earlier).code, 0);
  // Another process has counters of its own.
  const Child other = subject("live");
  EXPECT_EQ(diff(earlier, other.pid()).json()["counters"]["compared"], 0);
  std::filesystem::remove(earlier);
  std::filesystem::remove(later);
}

/// What the debug layer counts is compared, too.
TEST(Diff, counters_of_a_process_at_work) {
  const Child child = subject("work", {"--mode", "debug"});
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  const Json counters =
      arenite("diff --format json " + file.path + " " + child.pid()).json()["counters"];
  EXPECT_GE(counters["compared"], 12);
  EXPECT_TRUE(counters["shrunk"].empty()) << counters;
}

TEST(Whatis, every_kind_of_memory) {
  const auto expect = [](const char* what, const std::string& words) {
    const Child child = subject(what);
    const Output output = arenite("whatis " + child.line + " " + child.option());
    EXPECT_EQ(output.code, 0);
    EXPECT_THAT(output.text, HasSubstr(words)) << what;
  };
  expect("live", "offset 7 in block");
  expect("live", ": live");
  expect("freed", "free, in a thread's array");
  expect("span", "offset 999999 in a live span");
  expect("stack", "the stack of thread");
  expect("data", "data of");
  expect("constant", "read-only data of " + std::filesystem::canonical(kSubject).string());
  const Child child = subject("fill");
  EXPECT_THAT(arenite("whatis 0 " + child.option()).text, HasSubstr("not mapped"));
  const Json json = arenite("whatis --format json " + child.line + " " + child.option()).json();
  EXPECT_TRUE(json.contains("use"));
}

TEST(Whatis, of_the_heaps_own_tables) {
  const Child child = subject("live");
  const std::uint64_t at = root_of(child);
  const auto root = child.get<HeapRoot<Remote>>(at);
  const auto whatis = [&](std::uint64_t address) {
    std::ostringstream hexadecimal;
    hexadecimal << std::hex << address;
    return arenite("whatis --format json " + hexadecimal.str() + " " + child.option()).json();
  };
  EXPECT_EQ(whatis(at)["use"], "root");
  EXPECT_EQ(whatis(root.pools.address)["table"], "pool descriptors");
  EXPECT_EQ(whatis(root.bitmaps.address)["table"], "bitmaps");
  EXPECT_EQ(whatis(root.reservation)["use"], "reserved");
}

TEST(Whatis, tells_the_damage_of_a_block) {
  const auto damage = [](const Child& child, const std::string& option) {
    const Output output = arenite("whatis --format json " + child.line + " " + option);
    EXPECT_EQ(output.code, 0) << output.text;
    return output.json()["layer"]["damage"];
  };
  // Odd seeds write a byte behind the block.
  const Child bad({kCli, "run", "--mode", "debug", "--", kSubject, "random", "1"});
  const Json found = damage(bad, bad.option());
  ASSERT_EQ(found.size(), 1u) << found;
  EXPECT_THAT(found[0].get<std::string>(), HasSubstr(": 0 bytes behind a block of 100 bytes at "));
  EXPECT_THAT(arenite("whatis " + bad.line + " " + bad.option()).text,
              HasSubstr("\n  damaged: D2 at 0x"));
  const Child good({kCli, "run", "--mode", "debug", "--", kSubject, "random", "2"});
  EXPECT_TRUE(damage(good, good.option()).empty());
  // Where what blocks hold was not saved nothing can be said of it.
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + bad.option()).code, 0);
  EXPECT_TRUE(damage(bad, "--snapshot " + file.path).empty());
}

TEST(Whatis, in_a_pool_that_makes_no_sense) {
  const Child child = subject("live");
  const std::string whatis = "whatis " + child.line + " " + child.option();
  const std::uint64_t pool = arenite(whatis + " --format json").json()["place"]["pool"];
  break_pool(child, root_of(child), pool);
  EXPECT_THAT(arenite(whatis).text, HasSubstr("pool " + std::to_string(pool) +
                                              " of arena 0, whose state makes no sense"));
  EXPECT_EQ(arenite(whatis + " --format json 2>/dev/null").json()["use"], "unclear");
}

TEST(Colour, only_on_a_terminal) {
  EXPECT_EQ(arenite("explain P4").text.find('\033'), std::string::npos);
  const std::string on_terminal = "script -qec '" + kCli + " explain P4' /dev/null < /dev/null";
  const Output coloured = shell("env -u NO_COLOR " + on_terminal);
  if (coloured.code != 0) GTEST_SKIP() << coloured.text;
  EXPECT_NE(coloured.text.find('\033'), std::string::npos);
  EXPECT_EQ(shell("NO_COLOR=1 " + on_terminal).text.find('\033'), std::string::npos);
}

}  // namespace
}  // namespace arenite::cli
