// SPDX-License-Identifier: MIT
#include "debug/python/code_names.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace arenite {
namespace {

std::size_t read_literal(void*, Address object, char* to, std::size_t most) {
  const std::string_view text(reinterpret_cast<const char*>(object));
  const std::size_t bytes = std::min(most, text.size());
  std::memcpy(to, text.data(), bytes);
  return bytes;
}

Address address(const char* text) {
  return reinterpret_cast<Address>(text);
}

class CodeNamesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(names.open()); }
  std::uint32_t number(const CodeIdentity& which) {
    return names.number(which, read_literal, nullptr);
  }

  CodeNames names;
  CodeNames::Names found;
  const CodeIdentity code{1000, address("sand.py"), address("pour"), 7};
};

TEST_F(CodeNamesTest, OneFunctionHasOneNumber) {
  const std::uint32_t first = number(code);
  ASSERT_NE(first, CodeNames::kNoCode);
  EXPECT_EQ(number(code), first);
  ASSERT_TRUE(names.names(first, found));
  EXPECT_EQ(found.file, "sand.py");
  EXPECT_EQ(found.function, "pour");
}

/// What lies in the place of a function that is gone is told by anything that differs.
TEST_F(CodeNamesTest, AnotherInItsPlaceHasAnother) {
  const std::uint32_t first = number(code);
  CodeIdentity other = code;
  other.first_line = 8;
  EXPECT_NE(number(other), first);
  other = code;
  other.name = address("sift");
  const std::uint32_t sift = number(other);
  EXPECT_NE(sift, first);
  ASSERT_TRUE(names.names(sift, found));
  EXPECT_EQ(found.function, "sift");
  EXPECT_EQ(number(code), first);
}

TEST_F(CodeNamesTest, WhatIsNoNumberHasNoNames) {
  EXPECT_FALSE(names.names(0, found));
  number(code);
  EXPECT_TRUE(names.names(0, found));
  EXPECT_FALSE(names.names(1, found));
  EXPECT_FALSE(names.names(CodeNames::kNoCode, found));
}

TEST_F(CodeNamesTest, IsBounded) {
  CodeIdentity many = code;
  for (std::uint32_t i = 0; i < CodeNames::kMostCodes; ++i) {
    many.code = 16 * i;
    ASSERT_EQ(number(many), i);
  }
  many.code = 16 * CodeNames::kMostCodes;
  EXPECT_EQ(number(many), CodeNames::kNoCode);
  many.code = 32;
  EXPECT_EQ(number(many), 2u);
}

/// Such as a signal handler above a thread that is just adding one.
TEST_F(CodeNamesTest, NobodyWaits) {
  struct Nested {
    CodeNames& names;
    CodeIdentity inner{2000, address("sand.py"), address("inner"), 1};
    std::uint32_t number = 0;
  } nested{names};
  const auto read = [](void* context, Address object, char* to, std::size_t most) {
    auto& self = *static_cast<Nested*>(context);
    self.number = self.names.number(self.inner, read_literal, nullptr);
    return read_literal(nullptr, object, to, most);
  };
  EXPECT_NE(names.number(code, read, &nested), CodeNames::kNoCode);
  EXPECT_EQ(nested.number, CodeNames::kNoCode);
  EXPECT_NE(number(nested.inner), CodeNames::kNoCode);
}

TEST_F(CodeNamesTest, LinesAreKeptByFunctionAndInstruction) {
  std::uint32_t line = 0;
  EXPECT_FALSE(names.line(0, 0, line));
  names.keep_line(3, 20, 77);
  EXPECT_TRUE(names.line(3, 20, line));
  EXPECT_EQ(line, 77u);
  EXPECT_FALSE(names.line(3, 22, line));
  EXPECT_FALSE(names.line(4, 20, line));
  names.keep_line(5, 1 << 24, 1);
  EXPECT_FALSE(names.line(5, 1 << 24, line));
  names.keep_line(CodeNames::kMostCodes - 1, 40, (1 << 24) - 1);
  EXPECT_TRUE(names.line(CodeNames::kMostCodes - 1, 40, line));
  EXPECT_EQ(line, (1u << 24) - 1);
}

TEST_F(CodeNamesTest, LongNamesAreCut) {
  const std::string longer(5000, 'x');
  CodeIdentity named = code;
  named.name = address(longer.c_str());
  ASSERT_TRUE(names.names(number(named), found));
  EXPECT_EQ(found.function, longer.substr(0, CodeNames::kMostNameBytes));
}

}  // namespace
}  // namespace arenite
