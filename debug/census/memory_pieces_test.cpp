// SPDX-License-Identifier: MIT
#include "debug/census/memory_pieces.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr Address kPage = 4096, kDeaf = 10 * kPage;

/// Every byte is 1; one page cannot be read.
struct DeafView {
  bool read(Address at, void* to, std::size_t bytes) const {
    if (at < kDeaf + kPage && at + bytes > kDeaf) return false;
    std::memset(to, 1, bytes);
    return true;
  }
};

/// What is seen of [begin, end), byte by byte.
std::vector<unsigned char> seen_of(MemoryPieces& pieces, Address begin, Address end) {
  std::vector<unsigned char> seen(end - begin, 7);
  pieces.read(DeafView{}, begin, end,
              [&](Address at, const unsigned char* bytes, std::size_t count) {
                ASSERT_LE(at - begin + count, seen.size());
                std::memcpy(seen.data() + (at - begin), bytes, count);
              });
  return seen;
}

TEST(MemoryPiecesTest, OnlyThePageThatCannotBeReadIsZeroes) {
  for (const Address before : {0u, 1u, 100u, 4095u, 4096u, 5000u})
    for (const Address behind : {0u, 1u, 100u, 4095u, 4096u, 5000u}) {
      MemoryPieces pieces;
      std::vector<unsigned char> expected(before, 1);
      expected.resize(before + kPage, 0);
      expected.resize(before + kPage + behind, 1);
      EXPECT_EQ(seen_of(pieces, kDeaf - before, kDeaf + kPage + behind), expected)
          << before << " " << behind;
      EXPECT_EQ(pieces.unreadable_bytes(), kPage);
    }
}

TEST(MemoryPiecesTest, PartsOfThatPageCount) {
  MemoryPieces pieces;
  EXPECT_EQ(seen_of(pieces, kDeaf + 100, kDeaf + 300), std::vector<unsigned char>(200, 0));
  EXPECT_EQ(pieces.unreadable_bytes(), 200u);
  seen_of(pieces, kDeaf - 100, kDeaf + 1);
  EXPECT_EQ(pieces.unreadable_bytes(), 201u);
}

TEST(MemoryPiecesTest, EveryWordIsSeenWholeInOnePiece) {
  MemoryPieces pieces;
  constexpr Address kBegin = 100 * kPage + 3, kBytes = 3 * MemoryPieces::kPieceBytes;
  Address last = kBegin;
  unsigned count = 0;
  pieces.read(DeafView{}, kBegin, kBegin + kBytes,
              [&](Address at, const unsigned char*, std::size_t bytes) {
                EXPECT_EQ(at, count == 0 ? kBegin : last - sizeof(Address));
                EXPECT_LE(bytes, MemoryPieces::kPieceBytes);
                last = at + bytes;
                ++count;
              });
  EXPECT_EQ(last, kBegin + kBytes);
  EXPECT_EQ(count, 4u);
  pieces.read(DeafView{}, kBegin, kBegin,
              [](Address, const unsigned char*, std::size_t) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace arenite
