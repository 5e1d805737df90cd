// SPDX-License-Identifier: MIT
#include "debug/leaks/roots.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

/// The roots of made-up mappings, as text.
class RootsTest : public ::testing::Test {
 protected:
  std::string roots(const std::string& maps) {
    const std::string path =
        ::testing::TempDir() + "/arenite_roots_test_" + std::to_string(::getpid());
    std::ofstream(path) << maps;
    asked_.maps_path = path.c_str();
    asked_.left_out = left_out_;
    asked_.threads = threads_;
    std::vector<char> buffer(MappingReader::kBufferBytes);
    text_.str("");
    MemoryWalk walk;
    told_ = Roots(asked_, walk, buffer.data())
                .each(
                    [](void* self, Address begin, Address end) {
                      static_cast<RootsTest*>(self)->text_ << std::hex << begin << "-" << end
                                                           << " ";
                    },
                    this);
    std::remove(path.c_str());
    return text_.str();
  }

  std::vector<Region> left_out_;
  std::vector<ThreadPlace> threads_;
  RootsAsked asked_;
  std::ostringstream text_;
  bool told_ = false;
};

TEST_F(RootsTest, are_what_can_be_written) {
  EXPECT_EQ(roots("1000-2000 r--p 00000000 08:01 7 /bin/x\n"
                  "2000-3000 r-xp 00001000 08:01 7 /bin/x\n"
                  "3000-4000 rw-p 00002000 08:01 7 /bin/x\n"
                  "4000-5000 rwxp 00000000 00:00 0 [heap]\n"
                  "5000-6000 -w-p 00000000 00:00 0 \n"
                  "6000-7000 ---p 00000000 00:00 0 \n"),
            "3000-4000 4000-5000 ");
  EXPECT_TRUE(told_);
}

TEST_F(RootsTest, without_mappings_nothing_can_be_told) {
  roots("");
  EXPECT_FALSE(told_);
}

TEST_F(RootsTest, leave_regions_out_at_either_end_and_inside) {
  left_out_ = {{0x0800, 0x1800}, {0x2000, 0x3000}, {0x3000, 0x3100}, {0x5800, 0x9000}};
  EXPECT_EQ(roots("1000-4000 rw-p 00000000 00:00 0 \n"
                  "5000-6000 rw-p 00000000 00:00 0 \n"
                  "6000-8000 rw-p 00000000 00:00 0 \n"
                  "8800-a000 rw-p 00000000 00:00 0 \n"),
            "1800-2000 3100-4000 5000-5800 9000-a000 ");
}

constexpr char kStack[] =
    "10000-11000 ---p 00000000 00:00 0 \n"
    "11000-20000 rw-p 00000000 00:00 0 \n";

TEST_F(RootsTest, below_a_stack_pointer_nothing_counts) {
  threads_ = {{0x1f000, 0x18000}};
  EXPECT_EQ(roots(kStack), "18000-20000 ");
  threads_ = {{0x1f000, 0x11000}};
  EXPECT_EQ(roots(kStack), "11000-20000 ");
}

TEST_F(RootsTest, a_mapping_is_a_stack_only_with_its_guard_and_its_threads_control_block) {
  threads_ = {{0x1f000, 0x18000}};
  EXPECT_EQ(roots("10000-11000 r--p 00000000 00:00 0 \n"
                  "11000-20000 rw-p 00000000 00:00 0 \n"),
            "11000-20000 ");
  EXPECT_EQ(roots("0f000-10000 ---p 00000000 00:00 0 \n"
                  "11000-20000 rw-p 00000000 00:00 0 \n"),
            "11000-20000 ");
  threads_ = {{0x30000, 0x18000}};
  EXPECT_EQ(roots(kStack), "11000-20000 ");
  threads_ = {{0x1f000, 0x50000}};
  EXPECT_EQ(roots(kStack), "11000-20000 ");
  threads_ = {{0x19000, 0x18000}, {0x1f000, 0x1e000}};
  EXPECT_EQ(roots(kStack), "11000-20000 ");
}

TEST_F(RootsTest, the_main_stack_is_known_by_name) {
  threads_ = {{0x5000, 0x78000}};
  EXPECT_EQ(roots("70000-80000 rw-p 00000000 00:00 0 [stack]\n"), "78000-80000 ");
  threads_ = {{0x5000, 0x8000}};
  EXPECT_EQ(roots("70000-80000 rw-p 00000000 00:00 0 [stack]\n"), "70000-80000 ");
}

TEST_F(RootsTest, an_ended_threads_stack_counts_only_while_not_all_threads_are_known) {
  const MappedMemory memory(65536);
  const Address begin = memory.region().begin, end = memory.region().end;
  std::ostringstream maps, whole;
  maps << std::hex << begin - 4096 << "-" << begin << " ---p 00000000 00:00 0 \n"
       << begin << "-" << end << " rw-p 00000000 00:00 0 \n";
  whole << std::hex << begin << "-" << end << " ";
  const auto write = [&](Address at, Address word) { *reinterpret_cast<Address*>(at) = word; };
  const Address control = end - 2304;

  asked_.all_threads_known = true;
  EXPECT_EQ(roots(maps.str()), whole.str());
  write(control, control);
  EXPECT_EQ(roots(maps.str()), whole.str());
  write(control + 16, control);
  EXPECT_EQ(roots(maps.str()), "");
  asked_.all_threads_known = false;
  EXPECT_EQ(roots(maps.str()), whole.str());
  asked_.all_threads_known = true;
  threads_ = {{control, 16}};
  EXPECT_EQ(roots(maps.str()), whole.str());
}

}  // namespace
}  // namespace arenite
