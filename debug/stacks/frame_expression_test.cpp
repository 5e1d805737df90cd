// SPDX-License-Identifier: MIT
#include "debug/stacks/frame_expression.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

bool evaluates(const Bytes& code, FrameTerm& term) {
  const auto begin = reinterpret_cast<Address>(code.data());
  return evaluate({begin, begin + code.size()}, 1000, nullptr, term);
}

TEST(FrameExpressionTest, NumbersAndOperations) {
  const auto value = [](const Bytes& code) {
    FrameTerm term;
    EXPECT_TRUE(evaluates(code, term));
    EXPECT_EQ(term.base, FrameTerm::Base::none);
    return static_cast<std::int64_t>(term.offset);
  };
  EXPECT_EQ(value({0x4f}), 31);
  EXPECT_EQ(value({0x08, 200}), 200);
  EXPECT_EQ(value({0x09, 200}), -56);
  EXPECT_EQ(value({0x0a, 0, 0x80}), 32768);
  EXPECT_EQ(value({0x0b, 0, 0x80}), -32768);
  EXPECT_EQ(value({0x0c, 0, 0, 0, 0x80}), 2147483648);
  EXPECT_EQ(value({0x0d, 0, 0, 0, 0x80}), -2147483648);
  EXPECT_EQ(value({0x0f, 1, 0, 0, 0, 0, 0, 0, 0x80}), INT64_MIN + 1);
  EXPECT_EQ(value({0x10, 0x80, 1}), 128);
  EXPECT_EQ(value({0x11, 0x7f}), -1);
  EXPECT_EQ(value({0x80, 4}), 1004) << "rip + 4";
  EXPECT_EQ(value({0x3c, 0x39, 0x1c}), 3) << "12 - 9";
  EXPECT_EQ(value({0x3c, 0x39, 0x1a}), 8) << "12 & 9";
  EXPECT_EQ(value({0x3c, 0x39, 0x21}), 13) << "12 | 9";
  EXPECT_EQ(value({0x3c, 0x32, 0x25}), 3) << "12 >> 2";
  EXPECT_EQ(value({0x3c, 0x23, 5}), 17);
  EXPECT_EQ(value({0x32, 0x32, 0x29}), 1);
  EXPECT_EQ(value({0x32, 0x33, 0x2b}), 0) << "2 > 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2c}), 1) << "2 <= 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2d}), 1) << "2 < 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2e}), 1) << "2 != 3";
}

TEST(FrameExpressionTest, WhatATermCannotSayIsRefused) {
  FrameTerm term;
  EXPECT_TRUE(evaluates({0x77, 8, 0x06}, term));
  EXPECT_TRUE(term.loaded);
  EXPECT_TRUE(evaluates({0x77, 8, 0x96, 0x38, 0x1c}, term));
  EXPECT_EQ(term.offset, 0u) << "rsp + 8, nothing, - 8";
  EXPECT_FALSE(evaluates({}, term));
  EXPECT_FALSE(evaluates({0x06}, term)) << "deref of nothing";
  EXPECT_FALSE(evaluates({0x32, 0x06}, term)) << "deref of a number";
  EXPECT_FALSE(evaluates({0x77, 8, 0x06, 0x06}, term)) << "deref twice";
  EXPECT_FALSE(evaluates({0x77, 8, 0x06, 0x23, 1}, term)) << "arithmetic behind deref";
  EXPECT_FALSE(evaluates({0x73, 8}, term)) << "rbx";
  EXPECT_FALSE(evaluates({0x77, 0, 0x77, 0, 0x22}, term)) << "rsp + rsp";
  EXPECT_FALSE(evaluates({0x77, 0, 0x31, 0x24}, term)) << "rsp << 1";
  EXPECT_FALSE(evaluates(Bytes(9, 0x31), term)) << "too many numbers";
  EXPECT_FALSE(evaluates({0x32, 0x33, 0xff}, term));
}

}  // namespace
}  // namespace arenite
