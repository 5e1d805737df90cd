// SPDX-License-Identifier: MIT
// Each function that reads text to its end: silent where the block holds the end, the right fault
// where it does not, and where the block was freed.
#include <cstdlib>
#include <cwchar>
#include <functional>

#include "debug/ranges/fake_blocks.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;

/// Calls `name` on the text, with what else it needs.
struct TextCase {
  const char* name;
  std::function<void(char* text)> call;
};
struct WideCase {
  const char* name;
  std::function<void(Wide* text)> call;
};

char outside[256] = "abcabc";
Wide outside_wide[256] = L"abcabc";

template <class Function, class Char, class... More>
std::function<void(Char*)> first(const char* name, More... more) {
  return [=](Char* text) { wrapper<Function>(name)(text, more...); };
}

template <class Function, class... More>
TextCase narrow(const char* name, More... more) {
  return {name, first<Function, char>(name, more...)};
}

template <class Function, class... More>
WideCase wide(const char* name, More... more) {
  return {name, first<Function, Wide>(name, more...)};
}

template <class Function>
TextCase into(const char* name, auto... more) {
  return {name, [=](char* text) {
            char to[256] = "";
            wrapper<Function>(name)(to, text, more...);
          }};
}

template <class Function>
WideCase wide_into(const char* name, auto... more) {
  return {name, [=](Wide* text) {
            Wide to[256] = L"";
            wrapper<Function>(name)(to, text, more...);
          }};
}

using Plain = Size(const char*);
using Pair = int(const char*, const char*);
using Find = char*(const char*, int);
using FindText = char*(const char*, const char*);
using Copy = char*(char*, const char*);
using CopyChecked = char*(char*, const char*, Size);
using CopyLimited = char*(char*, const char*, Size);
using CopyLimitedChecked = char*(char*, const char*, Size, Size);
using WidePair = int(const Wide*, const Wide*);
using WideCopy = Wide*(Wide*, const Wide*);
using WideCopyLimited = Wide*(Wide*, const Wide*, Size);
using WideFind = Wide*(const Wide*, Wide);
using WideFindText = Wide*(const Wide*, const Wide*);

void free_result(char* text) {
  std::free(text);
}

/// All are called on "abc", which has neither an x nor a digit.
std::vector<TextCase> narrow_cases() {
  return {
      narrow<Plain>("strlen"),
      narrow<Size(const char*, Size)>("strnlen", Size{100}),
      narrow<Pair>("strcmp", outside),
      narrow<Pair>("strcasecmp", "ABCabc"),
      narrow<Pair>("__strcasecmp", outside),
      narrow<Pair>("strcoll", outside),
      narrow<int(const char*, const char*, Size)>("strncmp", outside, Size{5}),
      narrow<int(const char*, const char*, Size)>("strncasecmp", outside, Size{5}),
      narrow<Find>("strchr", 'x'),
      narrow<Find>("strchrnul", 'x'),
      narrow<Find>("index", 'x'),
      narrow<Find>("strrchr", 'a'),
      narrow<Find>("rindex", 'a'),
      narrow<FindText>("strstr", "bcx"),
      narrow<FindText>("strcasestr", "BCX"),
      narrow<FindText>("__strcasestr", "BCX"),
      narrow<Size(const char*, const char*)>("strspn", "cba"),
      narrow<Size(const char*, const char*)>("strcspn", "xyz"),
      narrow<FindText>("strpbrk", "xyz"),
      narrow<char*(char*, const char*)>("strtok", "xyz"),
      into<Copy>("strcpy"),
      into<Copy>("stpcpy"),
      into<Copy>("__stpcpy"),
      into<CopyChecked>("__strcpy_chk", Size{256}),
      into<CopyChecked>("__stpcpy_chk", Size{256}),
      into<Copy>("strcat"),
      into<CopyChecked>("__strcat_chk", Size{256}),
      into<CopyLimited>("strncpy", Size{50}),
      into<CopyLimited>("stpncpy", Size{50}),
      into<CopyLimited>("strncat", Size{50}),
      into<CopyLimitedChecked>("__strncat_chk", Size{50}, Size{256}),
      into<Size(char*, const char*, Size)>("strxfrm", Size{256}),
      {"strcmp", [](char* text) { wrapper<Pair>("strcmp")(outside, text); }},
      {"strcoll", [](char* text) { wrapper<Pair>("strcoll")("x", text); }},
      {"strstr", [](char* text) { wrapper<FindText>("strstr")(outside, text); }},
      {"strspn",
       [](char* text) { wrapper<Size(const char*, const char*)>("strspn")(outside, text); }},
      {"strcat",
       [](char* text) {
         // Ends in the block's guard, where the block does not end the text.
         wrapper<Copy>("strcat")(text, "");
       }},
      {"strdup", [](char* text) { free_result(wrapper<char*(const char*)>("strdup")(text)); }},
      {"__strdup", [](char* text) { free_result(wrapper<char*(const char*)>("__strdup")(text)); }},
      {"strndup",
       [](char* text) { free_result(wrapper<char*(const char*, Size)>("strndup")(text, 100)); }},
      {"strsep", [](char* text) { wrapper<char*(char**, const char*)>("strsep")(&text, "x"); }},
      {"strtok_r",
       [](char* text) {
         char* saved;
         wrapper<char*(char*, const char*, char**)>("strtok_r")(text, "x", &saved);
       }},
      {"__strtok_r",
       [](char* text) {
         char* saved = text;
         wrapper<char*(char*, const char*, char**)>("__strtok_r")(nullptr, "x", &saved);
       }},
  };
}

std::vector<WideCase> wide_cases() {
  return {
      wide<Size(const Wide*)>("wcslen"),
      wide<Size(const Wide*, Size)>("wcsnlen", Size{100}),
      wide<WidePair>("wcscmp", outside_wide),
      wide<WidePair>("wcscasecmp", L"ABCabc"),
      wide<int(const Wide*, const Wide*, Size)>("wcsncmp", outside_wide, Size{5}),
      wide<int(const Wide*, const Wide*, Size)>("wcsncasecmp", outside_wide, Size{5}),
      wide<WidePair>("wcscoll", outside_wide),
      wide<WideFind>("wcschr", L'x'),
      wide<WideFind>("wcschrnul", L'x'),
      wide<WideFind>("wcsrchr", L'a'),
      wide<WideFindText>("wcsstr", L"bcx"),
      wide<WideFindText>("wcswcs", L"bcx"),
      wide<Size(const Wide*, const Wide*)>("wcsspn", L"cba"),
      wide<Size(const Wide*, const Wide*)>("wcscspn", L"xyz"),
      wide<WideFindText>("wcspbrk", L"xyz"),
      wide_into<WideCopy>("wcscpy"),
      wide_into<WideCopy>("wcpcpy"),
      wide_into<WideCopyLimited>("__wcscpy_chk", Size{256}),
      wide_into<WideCopyLimited>("__wcpcpy_chk", Size{256}),
      wide_into<WideCopy>("wcscat"),
      wide_into<WideCopyLimited>("__wcscat_chk", Size{256}),
      wide_into<WideCopyLimited>("wcsncpy", Size{50}),
      wide_into<WideCopyLimited>("wcpncpy", Size{50}),
      wide_into<WideCopyLimited>("wcsncat", Size{50}),
      wide_into<Size(Wide*, const Wide*, Size)>("wcsxfrm", Size{256}),
      {"wcsdup", [](Wide* text) { std::free(wrapper<Wide*(const Wide*)>("wcsdup")(text)); }},
      {"wcstok",
       [](Wide* text) {
         Wide* saved;
         wrapper<Wide*(Wide*, const Wide*, Wide**)>("wcstok")(text, L"x", &saved);
       }},
  };
}

std::string plain(std::string name) {
  if (name.starts_with("__")) name.erase(0, 2);
  if (name.ends_with("_chk")) name.erase(name.size() - 4);
  return name;
}

class TextRanges : public FakeBlocks {
 protected:
  template <class Case, class String>
  void run(const Case& item, const String& text) {
    forget_blocks();
    const std::string name = plain(item.name);
    auto* const whole = terminated(text);
    errno = 42;
    item.call(whole);
    EXPECT_EQ(errno, 42) << name;
    expect_silence(name);
    auto* const cut = unterminated(text);
    item.call(cut);
    EXPECT_EQ(errno, 42) << name;
    expect_fault(name, Fault::heap_buffer_overflow, Access::read, cut, cut + text.size(),
                 (text.size() + 1) * sizeof *cut);
    release(whole);
    item.call(whole);
    expect_fault(name, Fault::heap_use_after_free, Access::read, whole, whole);
  }
};

TEST_F(TextRanges, of_functions_on_text) {
  for (const TextCase& item : narrow_cases()) run(item, std::string("abc"));
}

TEST_F(TextRanges, of_functions_on_wide_text) {
  for (const WideCase& item : wide_cases()) run(item, std::wstring(L"abc"));
}

TEST_F(TextRanges, text_outside_blocks_is_never_looked_at) {
  // Not even where a call could not be survived: the wrapper only passes it on.
  wrapper<Pair>("strcmp")("abc", "abd");
  wrapper<Copy>("strcpy")(outside, "abcabc");
  expect_silence("strcmp");
}

TEST_F(TextRanges, functions_that_stop_early_need_no_end) {
  char* const text = unterminated("abc");
  Wide* const wide_text = unterminated(std::wstring(L"abc"));
  EXPECT_EQ(wrapper<Size(const char*, Size)>("strnlen")(text, 3), 3u);
  EXPECT_EQ(wrapper<Find>("strchr")(text, 'c'), text + 2);
  EXPECT_EQ(wrapper<Find>("strchrnul")(text, 'a'), text);
  EXPECT_EQ(wrapper<FindText>("strstr")(text, "bc"), text + 1);
  EXPECT_EQ(wrapper<FindText>("strstr")(text, ""), text);
  EXPECT_EQ(wrapper<FindText>("strcasestr")(text, "BC"), text + 1);
  EXPECT_EQ(wrapper<Size(const char*, const char*)>("strspn")(text, "ab"), 2u);
  EXPECT_EQ(wrapper<Size(const char*, const char*)>("strcspn")(text, "c"), 2u);
  EXPECT_EQ(wrapper<FindText>("strpbrk")(text, "c"), text + 2);
  EXPECT_LT(wrapper<Pair>("strcmp")(text, "abd"), 0);
  EXPECT_GT(wrapper<Pair>("strcmp")("abd", text), 0);
  EXPECT_GT(wrapper<Pair>("strcmp")(text, "ab"), 0);
  EXPECT_LT(wrapper<Pair>("strcasecmp")(text, "ABD"), 0);
  EXPECT_EQ((wrapper<int(const char*, const char*, Size)>("strncmp")(text, "abcdef", 3)), 0);
  char to[100] = "";
  wrapper<CopyLimited>("strncpy")(to, text, 3);
  wrapper<CopyLimited>("strncat")(to, text, 3);
  EXPECT_STREQ(to, "abcabc");
  free_result(wrapper<char*(const char*, Size)>("strndup")(text, 3));
  EXPECT_EQ(wrapper<WideFind>("wcschr")(wide_text, L'c'), wide_text + 2);
  EXPECT_EQ(wrapper<WideFindText>("wcsstr")(wide_text, L"bc"), wide_text + 1);
  EXPECT_EQ((wrapper<int(const Wide*, const Wide*, Size)>("wcsncmp")(wide_text, L"abcdef", 3)), 0);
  EXPECT_LT(wrapper<WidePair>("wcscmp")(wide_text, L"abd"), 0);
  expect_silence("early");
  wrapper<Size(const char*, Size)>("strnlen")(text, 4);
  expect_fault("strnlen", Fault::heap_buffer_overflow, Access::read, text, text + 3, 4);
}

TEST_F(TextRanges, two_texts_without_end_are_told_by_the_shorter_one) {
  char* const longer = unterminated("abcdef");
  char* const shorter = unterminated("abc");
  wrapper<Pair>("strcmp")(longer, shorter);
  expect_fault("strcmp", Fault::heap_buffer_overflow, Access::read, shorter, shorter + 3, 4);
  wrapper<Pair>("strcmp")(shorter, longer);
  expect_fault("strcmp", Fault::heap_buffer_overflow, Access::read, shorter, shorter + 3, 4);
}

TEST_F(TextRanges, copies_have_to_fit_with_their_zero) {
  char* const to = allocate(4);
  Wide* const wide_to = reinterpret_cast<Wide*>(allocate(16));
  wrapper<Copy>("strcpy")(to, "abc");
  wrapper<Copy>("stpcpy")(to, "abc");
  wrapper<WideCopy>("wcscpy")(wide_to, L"abc");
  to[1] = 0;
  wide_to[1] = 0;
  wrapper<Copy>("strcat")(to, "bc");
  wrapper<WideCopy>("wcscat")(wide_to, L"bc");
  to[1] = 0;
  wide_to[1] = 0;
  wrapper<CopyLimited>("strncat")(to, "bcdef", 2);
  wrapper<WideCopyLimited>("wcsncat")(wide_to, L"bcdef", 2);
  expect_silence("copies");
  wrapper<Copy>("strcpy")(to, "abcd");
  expect_fault("strcpy", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
  wrapper<WideCopy>("wcpcpy")(wide_to, L"abcd");
  expect_fault("wcpcpy", Fault::heap_buffer_overflow, Access::write, wide_to, wide_to + 4, 20);
  to[1] = 0;
  wide_to[1] = 0;
  wrapper<Copy>("strcat")(to, "bcd");
  expect_fault("strcat", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
  to[1] = 0;
  wrapper<CopyLimited>("strncat")(to, "bcdef", 3);
  expect_fault("strncat", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
  wrapper<WideCopy>("wcscat")(wide_to, L"bcd");
  expect_fault("wcscat", Fault::heap_buffer_overflow, Access::write, wide_to, wide_to + 4, 20);
}

}  // namespace
}  // namespace arenite
