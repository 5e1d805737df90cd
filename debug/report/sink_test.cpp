// SPDX-License-Identifier: MIT
#include "debug/report/sink.hpp"

#include <gtest/gtest.h>

#include "debug/report/report_fixture.hpp"

namespace arenite {
namespace {

using namespace report_fixture;

template <class Value>
std::string printed(Value value) {
  Kept kept;
  Printer to(kept.sink());
  to << value;
  EXPECT_EQ(to.written(), kept.text().size());
  return kept.text();
}

std::string on_one_line(std::string_view text) {
  Kept kept;
  Printer to(kept.sink());
  print_on_one_line(text, to);
  return kept.text();
}

TEST(Printer, HasAllDigitsOfEveryNumber) {
  EXPECT_EQ(printed(0u), "0");
  EXPECT_EQ(printed(10u), "10");
  EXPECT_EQ(printed(~std::uint64_t{0}), "18446744073709551615");
  EXPECT_EQ(printed(Hex{0}), "0x0");
  EXPECT_EQ(printed(Hex{~std::uint64_t{0}}), "0xffffffffffffffff");
}

TEST(Printer, HasTwelveDigitsOfAPointerOrMore) {
  EXPECT_EQ(printed(Pointer{0}), "0x000000000000");
  EXPECT_EQ(printed(Pointer{0xabc}), "0x000000000abc");
  EXPECT_EQ(printed(Pointer{~Address{0}}), "0xffffffffffffffff");
}

TEST(Printer, CountsWithoutASink) {
  Printer to;
  to << "text" << 'x' << 123u;
  to.byte_in_hex(7);
  EXPECT_EQ(to.written(), 10u);
}

TEST(OneLine, ShowsControlBytesInHexAndLeavesTheOthers) {
  EXPECT_EQ(on_one_line("/bin/b\xc3\xa4r \x7e"), "/bin/b\xc3\xa4r \x7e");
  EXPECT_EQ(on_one_line({"\0\t\n\x1f \x7f\x80\xff", 8}), "\\x00\\x09\\x0a\\x1f \\x7f\x80\xff");
}

TEST(CutAt, EndsWithTheLiteralOrWhereItIsToldTo) {
  EXPECT_EQ(cut_at("text", 5), "text");
  EXPECT_EQ(cut_at("text", 4), "text");
  EXPECT_EQ(cut_at("text", 3), "tex");
  EXPECT_EQ(cut_at("text", 0), "");
}

}  // namespace
}  // namespace arenite
