// SPDX-License-Identifier: MIT
// Print functions: their text arguments wherever they stand, and where they print to.
#include <fcntl.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <utility>

#include "debug/ranges/conversion.hpp"
#include "debug/ranges/fake_blocks.hpp"
#include "debug/ranges/format.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;
using Into = int(char*, const char*, ...);
using IntoBounded = int(char*, Size, const char*, ...);

char output[1024];
Wide wide_output[1024];

class PrintRanges : public FakeBlocks {
 protected:
  char* const whole_ = terminated("abc");
  char* const cut_ = unterminated("abc");
  Wide* const wide_whole_ = terminated(std::wstring(L"abc"));
  Wide* const wide_cut_ = unterminated(std::wstring(L"abc"));

  /// The text at the end of the arguments is found, so the others were walked over right.
  template <class... Before>
  void expect_walk(const std::string& conversions, Before... before) {
    const std::string format = conversions + "|%s";
    const auto print = wrapper<IntoBounded>("snprintf");
    print(output, sizeof output, format.c_str(), before..., whole_);
    expect_silence(format);
    print(output, sizeof output, format.c_str(), before..., cut_);
    expect_fault("snprintf", Fault::heap_buffer_overflow, Access::read, cut_, cut_ + 3, 4);
  }

  template <class... Arguments>
  void expect_cut(const char* format, Arguments... arguments) {
    wrapper<IntoBounded>("snprintf")(output, sizeof output, format, arguments...);
    expect_fault("snprintf", Fault::heap_buffer_overflow, Access::read, cut_, cut_ + 3, 4);
  }

  template <class... Arguments>
  void expect_quiet(const char* format, Arguments... arguments) {
    wrapper<IntoBounded>("snprintf")(output, sizeof output, format, arguments...);
    expect_silence(format);
  }
};

TEST_F(PrintRanges, arguments_of_every_kind_before_the_text) {
  int count = 0;
  expect_walk("");
  expect_walk("plain %% %m");
  expect_walk("%d%i%u%o%x%X", 1, 2, 3, 4, 5, 6);
  expect_walk("%hhd%hd%ld%lld%jd%zd%td", 1, 2, 3L, 4LL, std::intmax_t{5}, Size{6},
              std::ptrdiff_t{7});
  expect_walk("%Ld%qd%Zd", 1LL, 2LL, Size{3});
  expect_walk("%f%e%g%a%lf", 1., 2., 3., 4., 5.);
  expect_walk("%Lf%d%Lg", 1.L, 2, 3.L);
  expect_walk("%d%f%Lf%d%f%Lf%d%d%d%d%d%d%f%f%f%f%f%f%f%f%f", 1, 2., 3.L, 4, 5., 6.L, 7, 8, 9, 10,
              11, 12, 1., 2., 3., 4., 5., 6., 7., 8., 9.);
  expect_walk("%c%lc%C%p%n", 'a', L'b', L'c', static_cast<void*>(output), &count);
  expect_walk("%*d%-*.*f%+.*e%#0 '10x", 5, 1, 6, 2, 2., 3, 3., 4);
  expect_walk("%-08.3d%.f%5.d", 1, 2., 3);
  expect_walk("%s%.2s%ls%S%.1ls", whole_, cut_, wide_whole_, wide_whole_, wide_cut_);
}

TEST_F(PrintRanges, precision_bounds_what_is_read) {
  expect_quiet("%.3s", cut_);
  expect_quiet("%.*s", 3, cut_);
  expect_quiet("%-*.*s", 10, 3, cut_);
  expect_quiet("%.s%.0s", cut_, cut_);
  expect_quiet("%s", static_cast<const char*>(nullptr));
  expect_quiet("%.4s", whole_);
  expect_cut("%.4s", cut_);
  expect_cut("%.*s", 4, cut_);
  expect_cut("%.*s", -1, cut_);
  expect_cut("%10s", cut_);
}

TEST_F(PrintRanges, numbered_arguments) {
  expect_quiet("%2$s %1$d", 1, whole_);
  expect_cut("%2$s %1$d", 1, cut_);
  expect_cut("%3$s %1$Lf %2$d %%", 1.L, 2, cut_);
  expect_cut("%2$*1$s", 10, cut_);
  expect_quiet("%3$.*1$s %2$f", 3, 1., cut_);
  expect_cut("%3$.*1$s %2$f", 4, 1., cut_);
  expect_quiet("%2$.3s %1$d", 1, cut_);
  expect_cut("%2$.4s %1$d", 1, cut_);
  // One that is never used passes for int.
  expect_cut("%3$s %1$d", 1, 2, cut_);
}

TEST_F(PrintRanges, what_is_not_known_ends_the_walk) {
  expect_quiet("%y %s", cut_);
  [this]<Size... kIndex>(std::index_sequence<kIndex...>) {
    expect_quiet("%1$s %65$s", cut_, (static_cast<void>(kIndex), whole_)...);
  }(std::make_index_sequence<kMaxNumbered>());
  expect_quiet("%1$s %s", whole_, cut_);
  expect_quiet("%s %", whole_);
}

TEST_F(PrintRanges, lengths_by_width_in_bits) {
  const auto argument = [](const char* format) {
    ConversionReader<char> reader(format);
    Conversion conversion;
    EXPECT_TRUE(reader.next(conversion)) << format;
    return conversion.argument;
  };
  EXPECT_EQ(argument("%w8d"), Argument::narrow);
  EXPECT_EQ(argument("%w32d"), Argument::narrow);
  EXPECT_EQ(argument("%w64d"), Argument::wide);
  EXPECT_EQ(argument("%wf8d"), Argument::narrow);
  EXPECT_EQ(argument("%wf16d"), Argument::wide);
  EXPECT_EQ(argument("%99999999999999999999d"), Argument::narrow);
}

TEST_F(PrintRanges, wide_text) {
  const auto print = wrapper<IntoBounded>("snprintf");
  print(output, sizeof output, "%ls", wide_cut_);
  expect_fault("snprintf", Fault::heap_buffer_overflow, Access::read, wide_cut_, wide_cut_ + 3, 16);
  using WideInto = int(Wide*, Size, const Wide*, ...);
  const auto wide_print = wrapper<WideInto>("swprintf");
  EXPECT_EQ(wide_print(wide_output, 1024, L"%s%ls%.3s%.3ls", whole_, wide_whole_, cut_, wide_cut_),
            12);
  expect_silence("swprintf");
  wide_print(wide_output, 1024, L"%d%s", 1, cut_);
  expect_fault("swprintf", Fault::heap_buffer_overflow, Access::read, cut_, cut_ + 3, 4);
  wide_print(wide_output, 1024, L"%d%ls", 1, wide_cut_);
  expect_fault("swprintf", Fault::heap_buffer_overflow, Access::read, wide_cut_, wide_cut_ + 3, 16);
  Wide* const to = reinterpret_cast<Wide*>(allocate(16));
  EXPECT_EQ(wide_print(to, 100, L"abc"), 3);
  expect_silence("swprintf");
  wide_print(to, 100, L"abcd");
  expect_fault("swprintf", Fault::heap_buffer_overflow, Access::write, to, to + 4, 20);
}

TEST_F(PrintRanges, the_format_itself) {
  char* const format = unterminated("%d");
  wrapper<IntoBounded>("snprintf")(output, sizeof output, format, 1);
  expect_fault("snprintf", Fault::heap_buffer_overflow, Access::read, format, format + 2, 3);
}

TEST_F(PrintRanges, every_print_function_looks_at_its_arguments) {
  char* made = nullptr;
  const int null = ::open("/dev/null", O_WRONLY);
  FILE* const file = ::fopen("/dev/null", "w");
  const auto check = [&](const char* name, auto&& call) {
    call(whole_);
    expect_silence(name);
    call(cut_);
    expect_fault(name, Fault::heap_buffer_overflow, Access::read, cut_, cut_ + 3, 4);
  };
  check("sprintf", [&](char* text) { wrapper<Into>("sprintf")(output, "%s", text); });
  check("sprintf", [&](char* text) {
    wrapper<int(char*, int, Size, const char*, ...)>("__sprintf_chk")(output, 1, 1024, "%s", text);
  });
  check("snprintf", [&](char* text) {
    wrapper<int(char*, Size, int, Size, const char*, ...)>("__snprintf_chk")(output, 9, 1, 1024,
                                                                             "%s", text);
  });
  check("fprintf",
        [&](char* text) { wrapper<int(FILE*, const char*, ...)>("fprintf")(file, "%s", text); });
  check("fprintf", [&](char* text) {
    wrapper<int(FILE*, int, const char*, ...)>("__fprintf_chk")(file, 1, "%s", text);
  });
  check("dprintf",
        [&](char* text) { wrapper<int(int, const char*, ...)>("dprintf")(null, "%s", text); });
  check("dprintf", [&](char* text) {
    wrapper<int(int, int, const char*, ...)>("__dprintf_chk")(null, 1, "%s", text);
  });
  check("asprintf", [&](char* text) {
    wrapper<int(char**, const char*, ...)>("asprintf")(&made, "%s", text);
    std::free(made);
  });
  check("printf", [&](char* text) { wrapper<int(const char*, ...)>("printf")("%.4s\n", text); });
  check("printf", [&](char* text) {
    wrapper<int(int, const char*, ...)>("__printf_chk")(1, "%.4s\n", text);
  });
  check("fwprintf",
        [&](char* text) { wrapper<int(FILE*, const Wide*, ...)>("fwprintf")(file, L"%s", text); });
  ::fclose(file);
  ::close(null);
}

TEST_F(PrintRanges, what_is_printed_has_to_fit) {
  char* const to = allocate(4);
  const auto print = wrapper<Into>("sprintf");
  const auto print_bounded = wrapper<IntoBounded>("snprintf");
  EXPECT_EQ(print(to, "%d", 123), 3);
  EXPECT_EQ(print_bounded(to, 4, "%d", 123456), 6);
  EXPECT_STREQ(to, "123");
  // More than the block is said, but not needed.
  EXPECT_EQ(print_bounded(to, 100, "%d", 456), 3);
  EXPECT_STREQ(to, "456");
  EXPECT_EQ(print_bounded(to, 0, "%d", 123456), 6);
  EXPECT_EQ(print_bounded(nullptr, 0, "%d", 123456), 6);
  expect_silence("sprintf");
  EXPECT_EQ(print(to, "%d", 1234), 4);
  expect_fault("sprintf", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
  EXPECT_STREQ(to, "1234");
  EXPECT_EQ(print_bounded(to, 6, "%d", 1234567), 7);
  expect_fault("snprintf", Fault::heap_buffer_overflow, Access::write, to, to + 4, 6);
  EXPECT_STREQ(to, "12345");
  using IntoChecked = int(char*, int, Size, const char*, ...);
  EXPECT_EQ(wrapper<IntoChecked>("__sprintf_chk")(to, 1, kUnbounded, "%d", 789), 3);
  expect_silence("sprintf");
  EXPECT_EQ(wrapper<IntoChecked>("__sprintf_chk")(to, 1, kUnbounded, "%d", 7890), 4);
  expect_fault("sprintf", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
  release(to);
  print(to, "%d", 1);
  expect_fault("sprintf", Fault::heap_use_after_free, Access::write, to, to);
  print_bounded(to, 2, "%d", 1);
  expect_fault("snprintf", Fault::heap_use_after_free, Access::write, to, to);
}

int print_list(const char* name, char* to, const char* format, ...) {
  std::va_list list;
  va_start(list, format);
  const int result = wrapper<int(char*, const char*, std::va_list)>(name)(to, format, list);
  va_end(list);
  return result;
}

int print_list_checked(char* to, const char* format, ...) {
  std::va_list list;
  va_start(list, format);
  using Checked = int(char*, int, Size, const char*, std::va_list);
  const int result = wrapper<Checked>("__vsprintf_chk")(to, 1, kUnbounded, format, list);
  va_end(list);
  return result;
}

TEST_F(PrintRanges, a_list_of_arguments_is_there_for_the_function_itself) {
  char* const to = allocate(8);
  EXPECT_EQ(print_list("vsprintf", to, "%d %s", 12, whole_), 6);
  EXPECT_STREQ(to, "12 abc");
  expect_silence("vsprintf");
  EXPECT_EQ(print_list("vsprintf", to, "%s %d", cut_, 1234), 8);
  EXPECT_STREQ(to, "abc 1234");
  const auto faults = take_faults();
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].access, Access::read);
  EXPECT_EQ(faults[1].access, Access::write);
  EXPECT_EQ(faults[1].bytes, 9u);
}

TEST_F(PrintRanges, a_list_of_arguments_for_a_function_that_checks_itself) {
  char* const to = allocate(4);
  EXPECT_EQ(print_list_checked(to, "%d", 789), 3);
  EXPECT_STREQ(to, "789");
  expect_silence("vsprintf");
  EXPECT_EQ(print_list_checked(to, "%d", 7890), 4);
  expect_fault("vsprintf", Fault::heap_buffer_overflow, Access::write, to, to + 4, 5);
}

}  // namespace
}  // namespace arenite
