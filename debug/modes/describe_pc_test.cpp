// SPDX-License-Identifier: MIT
#include "debug/modes/describe_pc.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

std::string described(const PlaceOfPc& place, const char* format) {
  char text[256];
  describe_pc(place, format, text, sizeof text);
  return text;
}

constexpr PlaceOfPc kKnown{.pc = 0x401234, .module = "/usr/bin/target", .offset = 0x1234};
constexpr PlaceOfPc kUnknown{.pc = 0x401234, .module = nullptr, .offset = 0};

TEST(DescribePcTest, WhatIsKnown) {
  EXPECT_EQ(described(kKnown, "%p %F %L"), "0x401234 in ?? (/usr/bin/target+0x1234)");
  EXPECT_EQ(described(kKnown, "%m|%o|%M|%S"),
            "/usr/bin/target|0x1234|(target+0x1234)|(/usr/bin/target+0x1234)");
}

TEST(DescribePcTest, WhatIsNot) {
  EXPECT_EQ(described(kUnknown, "%p %F %L"), "0x401234 in ?? (<unknown module>)");
  EXPECT_EQ(described(kUnknown, "%m %M %s"), "?? 0x401234 ??");
}

TEST(DescribePcTest, TextAndPercentSigns) {
  EXPECT_EQ(described(kKnown, "at 100%%, %"), "at 100%, %");
  EXPECT_EQ(described(kKnown, ""), "");
}

TEST(DescribePcTest, IsCutAndEndsInZeroAtEveryLength) {
  const PlaceOfPc place{.pc = 0, .module = "/m", .offset = ~Address{0}};
  const std::string whole = "0x0 in ?? (/m+0xffffffffffffffff)";
  for (std::size_t bytes = 0; bytes <= whole.size() + 2; ++bytes) {
    std::vector<char> to(whole.size() + 8, '#');
    describe_pc(place, "%p %F %L", to.data(), bytes);
    if (bytes > 0) {
      EXPECT_EQ(std::string(to.data()), whole.substr(0, bytes - 1)) << bytes;
    }
    for (std::size_t i = bytes; i < to.size(); ++i) EXPECT_EQ(to[i], '#') << bytes << " " << i;
  }
}

}  // namespace
}  // namespace arenite
