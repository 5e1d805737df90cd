// SPDX-License-Identifier: MIT
#include "debug/stacks/byte_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

ByteReader reader_of(const Bytes& bytes) {
  const auto begin = reinterpret_cast<Address>(bytes.data());
  return {begin, begin + bytes.size()};
}

/// Nothing more comes of it.
void expect_over(ByteReader reader) {
  EXPECT_FALSE(reader.good());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take<std::uint8_t>(), 0);
  EXPECT_EQ(reader.take_uleb(), 0u);
  EXPECT_EQ(reader.take_sleb(), 0);
  reader.skip(0);
  EXPECT_FALSE(reader.good());
}

TEST(ByteReaderTest, TakesNumbersUpToTheEnd) {
  const Bytes bytes = {1, 2, 3, 4, 5, 6, 7};
  ByteReader reader = reader_of(bytes);
  EXPECT_EQ(reader.take<std::uint8_t>(), 1);
  EXPECT_EQ(reader.take<std::uint16_t>(), 0x0302);
  EXPECT_EQ(reader.take<std::uint32_t>(), 0x07060504u);
  EXPECT_TRUE(reader.good());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take<std::uint8_t>(), 0);
  expect_over(reader);
}

TEST(ByteReaderTest, TakesNothingOfANumberThatIsCutOff) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader = reader_of(bytes);
  EXPECT_EQ(reader.take<std::uint32_t>(), 0u);
  expect_over(reader);
}

TEST(ByteReaderTest, SkipsNoFartherThanTheEnd) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader = reader_of(bytes);
  reader.skip(2);
  EXPECT_EQ(reader.take<std::uint8_t>(), 3);
  EXPECT_TRUE(reader.good());
  for (const std::uint64_t too_far : {std::uint64_t{4}, ~std::uint64_t{0}}) {
    reader = reader_of(bytes);
    reader.skip(too_far);
    expect_over(reader);
  }
}

TEST(ByteReaderTest, APartEndsByItself) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader = reader_of(bytes);
  ByteReader part = reader.take_part(2);
  EXPECT_EQ(part.take<std::uint16_t>(), 0x0201);
  EXPECT_TRUE(part.done());
  part.take<std::uint8_t>();
  expect_over(part);
  EXPECT_EQ(reader.take<std::uint8_t>(), 3);
  EXPECT_TRUE(reader.good());
}

TEST(ByteReaderTest, APartThatIsTooLongIsNotGood) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader = reader_of(bytes);
  expect_over(reader.take_part(4));
  expect_over(reader);
}

TEST(ByteReaderTest, NumbersOfAnyLength) {
  const auto uleb = [](const Bytes& bytes) { return reader_of(bytes).take_uleb(); };
  const auto sleb = [](const Bytes& bytes) { return reader_of(bytes).take_sleb(); };
  EXPECT_EQ(uleb({0x7f}), 127u);
  EXPECT_EQ(uleb({0x80, 0x01}), 128u);
  EXPECT_EQ(uleb({0xe5, 0x8e, 0x26}), 624485u);
  EXPECT_EQ(uleb({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), ~std::uint64_t{0});
  EXPECT_EQ(uleb({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}), 0u)
      << "beyond 64 bits";
  EXPECT_EQ(sleb({0x3f}), 63);
  EXPECT_EQ(sleb({0x40}), -64);
  EXPECT_EQ(sleb({0xc0, 0x00}), 64);
  EXPECT_EQ(sleb({0x80, 0x7f}), -128);
  EXPECT_EQ(sleb({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), INT64_MIN);
  EXPECT_EQ(sleb({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}), -(INT64_C(1) << 56));
  EXPECT_EQ(sleb({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x3f}), INT64_C(63) << 56);
  const Bytes cut_off = {0x80, 0x80};
  ByteReader reader = reader_of(cut_off);
  EXPECT_EQ(reader.take_uleb(), 0u);
  expect_over(reader);
}

TEST(ByteReaderTest, PointersOfEachFormat) {
  const Bytes bytes = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const auto here = reinterpret_cast<Address>(bytes.data());
  const auto pointer = [&](unsigned encoding) {
    ByteReader reader = reader_of(bytes);
    const Address value = reader.take_pointer(static_cast<std::uint8_t>(encoding), 1000);
    EXPECT_TRUE(reader.good()) << encoding;
    return value;
  };
  using Encoding = PointerEncoding;
  EXPECT_EQ(pointer(Encoding::kAbsolute), ~Address{1});
  EXPECT_EQ(pointer(Encoding::kUnsigned2), 0xfffeu);
  EXPECT_EQ(pointer(Encoding::kSigned2), ~Address{1});
  EXPECT_EQ(pointer(Encoding::kUnsigned4), 0xfffffffeu);
  EXPECT_EQ(pointer(Encoding::kSigned4), ~Address{1});
  EXPECT_EQ(pointer(Encoding::kUnsigned8), ~Address{1});
  EXPECT_EQ(pointer(Encoding::kSigned8), ~Address{1});
  EXPECT_EQ(pointer(Encoding::kPcRelative | Encoding::kSigned4), here - 2);
  EXPECT_EQ(pointer(Encoding::kDataRelative | Encoding::kSigned2), 998u);
  for (const unsigned unknown : {0x05u, 0x20u, 0x40u, 0x80u, 0xffu}) {
    ByteReader reader = reader_of(bytes);
    EXPECT_EQ(reader.take_pointer(static_cast<std::uint8_t>(unknown), 1000), 0u) << unknown;
    expect_over(reader);
  }
}

TEST(ByteReaderTest, WhatEndsBeforeItBeginsHasNothing) {
  const Bytes bytes = {1, 2};
  const auto begin = reinterpret_cast<Address>(bytes.data());
  expect_over({begin + 1, begin});
  ByteReader empty(begin, begin);
  EXPECT_TRUE(empty.good());
  EXPECT_TRUE(empty.done());
}

}  // namespace
}  // namespace arenite
