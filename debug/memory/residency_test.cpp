// SPDX-License-Identifier: MIT
#include "debug/memory/residency.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace arenite {
namespace {

TEST(Residency, tells_touched_pages_from_untouched) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t pool = 16 * page;
  void* at = ::mmap(nullptr, 4 * pool, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(at, MAP_FAILED);
  ::madvise(at, 4 * pool, MADV_NOHUGEPAGE);
  auto* bytes = static_cast<volatile char*>(at);
  for (std::size_t i = 0; i < 5; ++i) bytes[pool + i * page] = 1;
  for (std::size_t i = 0; i < 16; ++i) bytes[3 * pool + i * page] = 1;
  const auto pool_bytes = static_cast<std::uint32_t>(pool);
  EXPECT_EQ(resident_pages(::getpid(), reinterpret_cast<Address>(at), 4, pool_bytes),
            (std::vector<std::uint8_t>{0, 5, 0, 16}));
  ::munmap(at, 4 * pool);
}

TEST(Residency, is_empty_where_it_cannot_be_had) {
  const Address here = 0x10000;
  EXPECT_TRUE(resident_pages(0x7fffffff, here, 4, 65536).empty());
  EXPECT_TRUE(resident_pages(::getpid(), here, 4, 1000).empty());
  EXPECT_TRUE(resident_pages(::getpid(), here + 1, 4, 65536).empty());
  EXPECT_TRUE(resident_pages(::getpid(), here, 4, 0).empty());
  // More pages than a byte counts.
  const auto page = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(resident_pages(::getpid(), here, 4, 255 * page).size(), 4u);
  EXPECT_TRUE(resident_pages(::getpid(), here, 4, 256 * page).empty());
}

Residency parsed(std::string_view text, std::size_t most = 1000) {
  Residency residency;
  EXPECT_TRUE(parse_residency(text, most, residency)) << text;
  return residency;
}

TEST(Residency, comes_back_from_its_text) {
  Residency residency{0x7f0012340000, 0x10000, std::vector<std::uint8_t>(500, 16)};
  residency.pages[0] = 3;
  residency.pages[499] = 0;
  residency.pages[498] = 0;
  const std::string text = residency_text(residency);
  EXPECT_EQ(text, "7f0012340000 10000 3 16*497 0*2");
  EXPECT_EQ(parsed(text).begin, residency.begin);
  EXPECT_EQ(parsed(text).stretch_bytes, residency.stretch_bytes);
  EXPECT_EQ(parsed(text).pages, residency.pages);
  EXPECT_TRUE(parsed("1000 1000").pages.empty());
}

TEST(Residency, texts_that_are_none) {
  Residency residency;
  for (const char* text :
       {"", "x", "1000", "1000 ", "1000 10000 ", "1000 10000 256", "1000 10000 -1", "1000 10000 1*",
        "1000 10000 1*x", "1000 10000 1 2x", "1000 10000 1*99999999999999999999"})
    EXPECT_FALSE(parse_residency(text, 1000, residency)) << text;
}

TEST(Residency, a_text_cannot_ask_for_more_than_is_allowed) {
  Residency residency;
  EXPECT_FALSE(parse_residency("1000 1000 1*11", 10, residency));
  EXPECT_FALSE(parse_residency("1000 1000 1*4 2*7", 10, residency = {}));
  EXPECT_EQ(parsed("1000 1000 1*4 2*6", 10).pages.size(), 10u);
}

}  // namespace
}  // namespace arenite
