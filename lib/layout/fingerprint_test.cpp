// SPDX-License-Identifier: MIT
// The fingerprint is what it was when this version of the layout was fixed, and hashes as it says.
#include "layout/fingerprint.hpp"

#include <gtest/gtest.h>

namespace arenite {
namespace {

TEST(FingerprintTest, HashIsFnv1aOverTheBytesOfEachNumber) {
  // Reckoned apart from this code, byte by byte, in Python.
  EXPECT_EQ(hash_numbers({}), 0xcbf29ce484222325u);
  EXPECT_EQ(hash_numbers({0}), 0xa8c7f832281a39c5u);
  EXPECT_EQ(hash_numbers({0x0807060504030201, 255}), 0x7a00ea4edb5cae52u);
}

TEST(FingerprintTest, OrderAndEachNumberCount) {
  EXPECT_NE(hash_numbers({1, 2}), hash_numbers({2, 1}));
  EXPECT_NE(hash_numbers({1, 2}), hash_numbers({1, 3}));
  EXPECT_NE(hash_numbers({1, 0}), hash_numbers({1}));
}

// Another number here is another layout: raise kLayoutVersion with it, and say so in the changelog;
// snapshots and processes of the former one can then no longer be read.
TEST(FingerprintTest, LayoutIsTheOneOfThisVersion) {
  EXPECT_EQ(kLayoutVersion, 5u);
  EXPECT_EQ(kFingerprint, 0xa6fda58ba35d2f7eu);
}

}  // namespace
}  // namespace arenite
