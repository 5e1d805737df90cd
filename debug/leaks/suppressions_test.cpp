// SPDX-License-Identifier: MIT
#include "debug/leaks/suppressions.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/leaks/leak_frame.hpp"
#include "debug/leaks/suppression_file.hpp"

namespace arenite {
namespace {

TEST(Suppressions, patterns_and_names) {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  const Case cases[] = {
      {"foo", "foo", true},
      {"foo", "a foo b", true},
      {"foo", "fo", false},
      {"foo", "", false},
      {"f*o", "so fast you go", true},
      {"f*o", "of", false},
      {"^foo", "foobar", true},
      {"^foo", "a foo", false},
      {"foo$", "a foo", true},
      {"foo$", "foobar", false},
      {"foo$", "foo foo", true},
      {"^foo$", "foo", true},
      {"^foo$", "foo foo", false},
      {"^f*o$", "f-foo-o", true},
      {"^f*o$", "f-foo-o-", false},
      {"a*b*c", "xaxbxcx", true},
      {"a*b*c", "xcxbxax", false},
      {"*", "anything", true},
      {"^*$", "", true},
      {"^$", "", true},
      {"^$", "x", false},
      {"^a*", "a", true},
      {"a$b", "a$b", true},
      {"a^b", "xa^b", true},
      {"std::vector<*>::push", "void std::vector<int, A<int> >::push_back(int)", true},
      {"aab", "aaaab", true},
      {"ab*ab$", "abab ab", true},
      {"ab*ab$", "xab", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(pattern_matches(c.pattern, c.name), c.matches) << c.pattern << " on " << c.name;
  EXPECT_FALSE(pattern_matches("", "x"));
  EXPECT_FALSE(pattern_matches("^", "x"));
}

TEST(Suppressions, a_hard_pattern_ends) {
  const std::string name(2000, 'a');
  EXPECT_FALSE(pattern_matches("a*a*a*a*a*a*a*a*b", name));
  EXPECT_TRUE(pattern_matches("a*a*a*a*a*a*a*a*a", name));
}

TEST(Suppressions, the_line_that_matches_any_frame_in_any_of_its_names) {
  const LeakFrame frames[] = {{"malloc", "malloc.c", "/lib/libarenite.so"},
                              {"make_cache()", "/src/cache.cpp", "/usr/lib/libcache.so.1"},
                              {"", "", "/usr/bin/program"}};
  const char* rules =
      "# caches are for good\n"
      "\n"
      "leak:nothing_like_it\n"
      "race:make_cache\n"
      "  leak:^make_cache  \r\n"
      "leak:libcache\n";
  EXPECT_EQ(suppressing_line(rules, frames), 5u);
  EXPECT_EQ(suppressing_line("leak:/src/*.cpp$", frames), 1u);
  EXPECT_EQ(suppressing_line("#leak:make_cache\nleak:libcache.so", frames), 2u);
  EXPECT_EQ(suppressing_line("leak:^/usr/bin/program$", frames), 1u);
  EXPECT_EQ(suppressing_line("leak:other\nmake_cache\nleak:\n", frames), 0u);
  EXPECT_EQ(suppressing_line("", frames), 0u);
  EXPECT_EQ(suppressing_line("leak:make_cache", {}), 0u);
}

TEST(Suppressions, lines_that_are_no_rules_are_named) {
  std::vector<std::string> found;
  check_rules(
      "leak:a\n # b\n\nrace:c\nleak:\n  d ",
      [](void* to, unsigned line, std::string_view text) {
        static_cast<std::vector<std::string>*>(to)->push_back(std::to_string(line) + " " +
                                                              std::string(text));
      },
      &found);
  EXPECT_THAT(found, ::testing::ElementsAre("4 race:c", "5 leak:", "6 d"));
}

TEST(SuppressionFile, is_read_whole_or_not_at_all) {
  const std::string path =
      ::testing::TempDir() + "/arenite_suppressions_test_" + std::to_string(::getpid());
  std::string content;
  for (int i = 0; i < 1000; ++i) content += "leak:name_" + std::to_string(i) + "\n";
  std::ofstream(path) << content;
  {
    const SuppressionFile file(path.c_str());
    EXPECT_TRUE(file.read());
    EXPECT_EQ(file.text(), content);
  }
  std::ofstream(path) << "";
  const SuppressionFile empty(path.c_str());
  EXPECT_TRUE(empty.read());
  EXPECT_EQ(empty.text(), "");
  std::remove(path.c_str());
  const SuppressionFile none(path.c_str());
  EXPECT_FALSE(none.read());
  EXPECT_EQ(none.text(), "");
  EXPECT_FALSE(SuppressionFile("/").read());
}

TEST(SuppressionFile, is_read_from_a_pipe_however_little_there_is) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "#", 1), 1);
  ::close(ends[1]);
  const SuppressionFile file(("/dev/fd/" + std::to_string(ends[0])).c_str());
  ::close(ends[0]);
  EXPECT_TRUE(file.read());
  EXPECT_EQ(file.text(), "#");
}

TEST(LeakFrame, names_an_exported_function_and_its_module) {
  const LeakFrame frame = name_leak_frame(reinterpret_cast<Address>(&::getenv) + 1);
  EXPECT_THAT(std::string(frame.function), ::testing::HasSubstr("getenv"));
  EXPECT_NE(frame.module, "");
  const LeakFrame none = name_leak_frame(16);
  EXPECT_EQ(none.function, "");
  EXPECT_EQ(none.module, "");
  EXPECT_EQ(name_leak_frame(0).module, "");
}

}  // namespace
}  // namespace arenite
