// SPDX-License-Identifier: MIT
#include "debug/memory/mappings.hpp"

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

TEST(Mappings, a_line_with_a_path) {
  Mapping mapping;
  ASSERT_TRUE(parse_mapping(
      "7f12a000-7f12b000 r-xp 00012000 fe:01 4711                       /usr/lib/a b.so", mapping));
  EXPECT_EQ(mapping.begin, 0x7f12a000u);
  EXPECT_EQ(mapping.end, 0x7f12b000u);
  EXPECT_EQ(mapping.offset, 0x12000u);
  EXPECT_EQ(mapping.inode, 4711u);
  EXPECT_TRUE(mapping.readable && mapping.executable && !mapping.writable);
  EXPECT_EQ(mapping.path, "/usr/lib/a b.so");
}

TEST(Mappings, a_line_without_a_path) {
  Mapping mapping;
  ASSERT_TRUE(parse_mapping("ffffffffff600000-ffffffffff601000 ---p 00000000 00:00 0 ", mapping));
  EXPECT_EQ(mapping.begin, 0xffffffffff600000u);
  EXPECT_FALSE(mapping.accessible());
  EXPECT_EQ(mapping.path, "");
}

TEST(Mappings, what_is_no_such_line) {
  Mapping mapping;
  const std::string whole = "7f12a000-7f12b000 r-xp 00012000 fe:01 4711";
  for (std::size_t length = 0; length < whole.size() - 3; ++length)
    EXPECT_FALSE(parse_mapping(whole.substr(0, length), mapping)) << length;
  EXPECT_FALSE(parse_mapping("2000-1000 r-xp 0 0:0 0", mapping));
  EXPECT_FALSE(parse_mapping("g000-1000 r-xp 0 0:0 0", mapping));
}

TEST(Mappings, of_this_process_hold_its_own_variables) {
  std::vector<char> buffer(MappingReader::kBufferBytes);
  MappingReader reader("/proc/self/maps", buffer.data());
  ASSERT_TRUE(reader.opened());
  const Address local = reinterpret_cast<Address>(&reader);
  Address last = 0;
  bool found = false;
  for (Mapping mapping; reader.next(mapping); last = mapping.end) {
    EXPECT_GE(mapping.begin, last);
    if (local >= mapping.begin && local < mapping.end) found = mapping.readable && mapping.writable;
  }
  EXPECT_TRUE(found);
}

TEST(Mappings, a_file_that_is_not_there) {
  std::vector<char> buffer(MappingReader::kBufferBytes);
  MappingReader reader("/proc/0/maps", buffer.data());
  Mapping mapping;
  EXPECT_FALSE(reader.opened());
  EXPECT_FALSE(reader.next(mapping));
}

TEST(Mappings, lines_across_the_buffers_edges_and_one_that_never_ends) {
  const std::string path = ::testing::TempDir() + "/arenite_mappings_test";
  {
    std::ofstream file(path);
    for (int i = 0; i < 2000; ++i)
      file << std::hex << 0x1000 * (i + 1) << "-" << 0x1000 * (i + 2) << std::dec
           << " rw-p 00000000 00:00 0 /" << std::string(static_cast<std::size_t>(i % 97), 'x')
           << "\n";
    file << std::string(100000, 'y');
  }
  std::vector<char> buffer(MappingReader::kBufferBytes);
  MappingReader reader(path.c_str(), buffer.data());
  int lines = 0;
  for (Mapping mapping; reader.next(mapping); ++lines)
    EXPECT_EQ(mapping.path.size(), static_cast<std::size_t>(lines % 97) + 1);
  EXPECT_EQ(lines, 2000);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace arenite
