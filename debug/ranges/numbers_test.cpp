// SPDX-License-Identifier: MIT
// Text that is read as a number, and text that is made of other things.
#include <ctime>
#include <cwchar>

#include "debug/ranges/fake_blocks.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;
using Conversions = FakeBlocks;

TEST_F(Conversions, numbers_end_at_another_character) {
  using Whole = long(const char*, char**, int);
  char* end;
  char* const followed = unterminated("  -12g");
  EXPECT_EQ(wrapper<Whole>("strtol")(followed, &end, 10), -12);
  EXPECT_EQ(end, followed + 5);
  EXPECT_EQ(wrapper<Whole>("strtol")(followed, &end, 16), -18);
  EXPECT_EQ(wrapper<int(const char*)>("atoi")(followed), -12);
  EXPECT_EQ(wrapper<double(const char*)>("atof")(followed), -12);
  EXPECT_EQ(wrapper<double(const char*, char**)>("strtod")(followed, nullptr), -12);
  EXPECT_EQ((wrapper<long(const Wide*, Wide**, int)>("wcstol")(unterminated(std::wstring(L"7 8")),
                                                               nullptr, 0)),
            7);
  char* const whole = terminated("0x1F");
  EXPECT_EQ(wrapper<unsigned long(const char*, char**, int)>("strtoul")(whole, nullptr, 0), 31u);
  expect_silence("numbers");
  char* const cut = unterminated("0x1F");
  wrapper<unsigned long(const char*, char**, int)>("strtoul")(cut, nullptr, 0);
  expect_fault("strtoul", Fault::heap_buffer_overflow, Access::read, cut, cut + 4, 5);
  char* const decimal = unterminated("1.5e3");
  wrapper<double(const char*, char**)>("strtod")(decimal, nullptr);
  expect_fault("strtod", Fault::heap_buffer_overflow, Access::read, decimal, decimal + 5, 6);
  wrapper<double(const char*)>("atof")(decimal);
  expect_fault("atof", Fault::heap_buffer_overflow, Access::read, decimal, decimal + 5, 6);
  wrapper<int(const char*)>("atoi")(unterminated("1.5e3"));
  expect_silence("atoi");
  Wide* const wide_cut = unterminated(std::wstring(L"12"));
  wrapper<long(const Wide*, Wide**, int)>("wcstol")(wide_cut, nullptr, 10);
  expect_fault("wcstol", Fault::heap_buffer_overflow, Access::read, wide_cut, wide_cut + 2, 12);
}

TEST_F(Conversions, results_of_conversions_have_to_fit) {
  std::tm time{};
  time.tm_mday = 1;
  char* const to = allocate(5);
  using Format = Size(char*, Size, const char*, const std::tm*);
  EXPECT_EQ(wrapper<Format>("strftime")(to, 100, "%Y", &time), 4u);
  using ToWide = Size(Wide*, const char*, Size);
  Wide* const wide_to = reinterpret_cast<Wide*>(allocate(12));
  EXPECT_EQ(wrapper<ToWide>("mbstowcs")(wide_to, "ab", 100), 2u);
  EXPECT_EQ(wrapper<ToWide>("mbstowcs")(wide_to, "abcdef", 3), 3u);
  EXPECT_EQ(wrapper<ToWide>("mbstowcs")(nullptr, "abcdef", 0), 6u);
  expect_silence("conversions");
  wrapper<Format>("strftime")(to, 100, "%Y-", &time);
  expect_fault("strftime", Fault::heap_buffer_overflow, Access::write, to, to + 5, 6);
  using WideFormat = Size(Wide*, Size, const Wide*, const std::tm*);
  EXPECT_EQ(wrapper<WideFormat>("wcsftime")(wide_to, 100, L"%d", &time), 2u);
  EXPECT_EQ(wrapper<WideFormat>("wcsftime")(wide_to, 2, L"%Y", &time), 0u);
  expect_silence("wcsftime");
  wrapper<WideFormat>("wcsftime")(wide_to, 100, L"%d-", &time);
  expect_fault("wcsftime", Fault::heap_buffer_overflow, Access::write, wide_to, wide_to + 3, 16);
  wrapper<ToWide>("mbstowcs")(wide_to, "abc", 100);
  expect_fault("mbstowcs", Fault::heap_buffer_overflow, Access::write, wide_to, wide_to + 3, 16);
  // The end of a text of nothing needs room, too.
  Wide* const no_room = reinterpret_cast<Wide*>(allocate(0));
  EXPECT_EQ(wrapper<ToWide>("mbstowcs")(no_room, "", 100), 0u);
  expect_fault("mbstowcs", Fault::heap_buffer_overflow, Access::write, no_room, no_room, 4);
  EXPECT_EQ(wrapper<ToWide>("mbstowcs")(no_room, "", 0), 0u);
  expect_silence("mbstowcs of nothing");
  auto* const small = reinterpret_cast<std::tm*>(allocate(20));
  wrapper<Format>("strftime")(nullptr, 0, "%Y", small);
  expect_fault("strftime", Fault::heap_buffer_overflow, Access::read, small,
               reinterpret_cast<char*>(small) + 20, sizeof(std::tm));
}

}  // namespace
}  // namespace arenite
