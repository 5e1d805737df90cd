// SPDX-License-Identifier: MIT
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

using enum By;
using enum Touch;

constexpr Expectation kReadOverflow[] = {
    bytes_outside("read_byte_behind", plain, read, 10, 10),
    bytes_outside("read_int_behind", plain, read, 24, 24),
    bytes_outside("read_long_partly_behind", plain, read, 20, 20),
    bytes_outside("read_by_loop", plain, read, 100, 100),
    bytes_outside("read_by_pointer", plain, read, 64, 64),
    bytes_outside("read_at_distance", plain, read, 100, 400),
    bytes_outside("read_of_struct_member", plain, read, 8, 8),
    bytes_outside("read_until_missing_zero", plain, read, 12, 12),
    bytes_outside("read_of_swapped_dimensions", plain, read, 48, 52),
    bytes_outside("read_after_shrinking", plain, read, 1000, 1000),
    bytes_outside("read_behind_large_block", plain, read, 1048576, 1048576),
    bytes_outside("read_behind_aligned_block", plain, read, 96, 96, 32),
    bytes_outside("read_behind_in_thread", plain, read, 56, 56),
    bytes_outside("read_by_unchecked_number", plain, read, 32, 32),
    bytes_outside("read_wide_until_missing_zero", plain, read, 16, 16),
    bytes_outside("read_by_words", plain, read, 14, 14),
    bytes_outside("read_while_copying", plain, read, 26, 26),
    bytes_outside("number_without_end", range, read, 8, 8),
};

constexpr Expectation kReadOverflowMemory[] = {
    bytes_outside("memcpy_from_behind", range, read, 40, 40),
    bytes_outside("memcpy_at_distance", range, read, 100, 110),
    bytes_outside("memmove_from_behind", range, read, 30, 30),
    bytes_outside("mempcpy_from_behind", range, read, 40, 40),
    bytes_outside("memcmp_behind", range, read, 20, 20),
    bytes_outside("memchr_behind", range, read, 15, 15),
    bytes_outside("memrchr_behind", range, read, 31, 31),
    bytes_outside("memmem_behind", range, read, 50, 50),
    bytes_outside("wmemcpy_from_behind", range, read, 16, 16),
    bytes_outside("wmemcmp_behind", range, read, 28, 28),
    bytes_outside("write_from_behind", range, read, 500, 500),
    bytes_outside("send_from_behind", range, read, 60, 60),
    bytes_outside("fwrite_from_behind", range, read, 36, 36),
    bytes_outside("qsort_behind", range, write, 20, 20),
    bytes_outside("bsearch_behind", range, read, 32, 32),
    bytes_outside("lfind_behind", plain, read, 12, 12),
};

constexpr Expectation kReadOverflowStrings[] = {
    bytes_outside("strlen_without_end", range, read, 10, 10),
    bytes_outside("strlen_after_strncpy", range, read, 8, 8),
    bytes_outside("strnlen_behind", range, read, 12, 12),
    bytes_outside("strcpy_without_end", range, read, 32, 32),
    bytes_outside("strncpy_without_end", range, read, 20, 20),
    bytes_outside("stpcpy_without_end", range, read, 7, 7),
    bytes_outside("strcat_without_end", range, read, 24, 24),
    bytes_outside("strcmp_without_end", range, read, 16, 16),
    bytes_outside("strncmp_without_end", range, read, 10, 10),
    bytes_outside("strcasecmp_without_end", range, read, 9, 9),
    bytes_outside("strchr_without_end", range, read, 48, 48),
    bytes_outside("strrchr_without_end", range, read, 17, 17),
    bytes_outside("strstr_without_end", range, read, 33, 33),
    bytes_outside("strspn_without_end", range, read, 18, 18),
    bytes_outside("strcspn_without_end", range, read, 40, 40),
    bytes_outside("strdup_without_end", range, read, 10, 10),
    bytes_outside("strndup_without_end", range, read, 14, 14),
    bytes_outside("puts_without_end", range, read, 21, 21),
    bytes_outside("fputs_without_end", range, read, 25, 25),
    bytes_outside("printf_without_end", range, read, 13, 13),
    bytes_outside("printf_with_precision_behind", range, read, 10, 10),
    bytes_outside("fprintf_without_end", range, read, 19, 19),
    bytes_outside("snprintf_without_end", range, read, 30, 30),
    bytes_outside("wcslen_without_end", range, read, 20, 20),
    bytes_outside("wcscpy_without_end", range, read, 48, 48),
    bytes_outside("wcscmp_without_end", range, read, 12, 12),
    bytes_outside("wcschr_without_end", range, read, 36, 36),
    bytes_outside("wcsdup_without_end", range, read, 24, 24),
};

constexpr Expectation kUnderflow[] = {
    bytes_outside("write_byte_before_1", plain, write, 1, -1),
    bytes_outside("write_byte_before_10", plain, write, 10, -1),
    bytes_outside("write_byte_before_100", plain, write, 100, -1),
    bytes_outside("write_byte_before_4096", plain, write, 4096, -1),
    bytes_outside("write_byte_before_1048576", plain, write, 1048576, -1),
    bytes_outside("write_int_before", plain, write, 24, -4),
    bytes_outside("write_long_before", plain, write, 32, -8),
    bytes_outside("write_before_at_16", plain, write, 50, -16),
    bytes_outside("write_before_at_40", plain, write, 4096, -40),
    bytes_outside("write_before_calloc", plain, write, 24, -8),
    bytes_outside("write_before_grown", plain, write, 10000, -1),
    bytes_outside("write_before_aligned_block", plain, write, 256, -1, 256),
    bytes_outside("write_with_index_that_was_not_found", plain, write, 26, -1),
    bytes_outside("write_by_loop_downwards", plain, write, 40, -4),
    bytes_outside("memset_from_before", range, write, 100, -4),
    bytes_outside("memcpy_to_before", range, write, 64, -8),
    bytes_outside("memmove_to_before", range, write, 64, -2),
    bytes_outside("strcpy_to_before", range, write, 20, -1),
    bytes_outside("read_into_before", range, write, 32, -3),
    bytes_outside("read_byte_before", plain, read, 16, -1),
    bytes_outside("read_int_before", plain, read, 40, -4),
    bytes_outside("read_before_at_distance", plain, read, 2000, -100),
    bytes_outside("read_while_trimming", plain, read, 9, -1),
    bytes_outside("read_before_large_block", plain, read, 1048576, -8),
    bytes_outside("read_of_missing_header", plain, read, 28, -4),
    bytes_outside("read_of_last_in_empty_list", plain, read, 4096, -8),
    bytes_outside("memcpy_from_before", range, read, 40, -4),
    bytes_outside("memcmp_from_before", range, read, 30, -1),
    bytes_outside("write_from_before", range, read, 80, -5),
    bytes_outside("fwrite_from_before", range, read, 70, -6),
};

constexpr ExpectedFile kFiles[] = {
    {"read_overflow.c", kReadOverflow},
    {"read_overflow_memory.c", kReadOverflowMemory},
    {"read_overflow_strings.c", kReadOverflowStrings},
    {"underflow.c", kUnderflow},
};

}  // namespace

std::span<const ExpectedFile> expected_reads() {
  return kFiles;
}

}  // namespace arenite
