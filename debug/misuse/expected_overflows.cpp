// SPDX-License-Identifier: MIT
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

using enum By;
using enum Touch;

constexpr Expectation kWriteOverflowPlaces[] = {
    bytes_outside("write_byte_behind_1", plain, write, 1, 1),
    bytes_outside("write_byte_behind_7", plain, write, 7, 7),
    bytes_outside("write_byte_behind_8", plain, write, 8, 8),
    bytes_outside("write_byte_behind_10", plain, write, 10, 10),
    bytes_outside("write_byte_behind_16", plain, write, 16, 16),
    bytes_outside("write_byte_behind_24", plain, write, 24, 24),
    bytes_outside("write_byte_behind_100", plain, write, 100, 100),
    bytes_outside("write_byte_behind_1000", plain, write, 1000, 1000),
    bytes_outside("write_byte_behind_4096", plain, write, 4096, 4096),
    bytes_outside("write_byte_behind_40000", plain, write, 40000, 40000),
    bytes_outside("write_byte_behind_1048576", plain, write, 1048576, 1048576),
    bytes_outside("write_short_behind", plain, write, 10, 10),
    bytes_outside("write_int_behind", plain, write, 40, 40),
    bytes_outside("write_long_behind", plain, write, 24, 24),
    bytes_outside("write_double_partly_behind", plain, write, 20, 20),
    bytes_outside("write_behind_by_1", plain, write, 10, 11),
    bytes_outside("write_behind_by_5", plain, write, 10, 15),
    bytes_outside("write_behind_by_11", plain, write, 10, 21),
    bytes_outside("write_behind_by_15", plain, write, 10, 25),
    bytes_outside("write_behind_by_64", plain, write, 10, 74),
    bytes_outside("write_behind_by_1000", plain, write, 10, 1010),
    bytes_outside("write_behind_calloc", plain, write, 28, 28),
    bytes_outside("write_behind_grown", plain, write, 30, 30),
    bytes_outside("write_behind_reallocarray", plain, write, 36, 36),
    bytes_outside("write_behind_aligned_alloc", plain, write, 192, 192, 64),
    bytes_outside("write_behind_posix_memalign", plain, write, 100, 100, 32),
    bytes_outside("write_behind_memalign", plain, write, 5000, 5000, 4096),
    bytes_outside("write_behind_valloc", plain, write, 100, 100, 4096),
    bytes_outside("write_behind_strdup", plain, write, 13, 13),
    bytes_outside("write_behind_wcsdup", plain, write, 24, 24),
    bytes_outside("write_behind_asprintf", plain, write, 6, 6),
    bytes_outside("write_behind_in_thread", plain, write, 11, 11),
    bytes_outside("write_behind_freed_by_thread", plain, write, 20, 20),
    bytes_outside("write_behind_grown_later", plain, write, 24, 24),
    summary_elsewhere(bytes_outside("write_behind_never_freed", plain, write, 30, 30)),
};

constexpr Expectation kWriteOverflowForms[] = {
    bytes_outside("write_by_loop", plain, write, 40, 40),
    bytes_outside("write_by_pointer", plain, write, 21, 21),
    bytes_outside("write_by_index_from_input", plain, write, 10, 10),
    bytes_outside("write_of_struct_member", plain, write, 8, 8),
    bytes_outside("write_of_pointer_sized_struct", plain, write, 8, 8),
    bytes_outside("write_of_flexible_member", plain, write, 9, 9),
    bytes_outside("write_of_terminator", plain, write, 11, 11),
    bytes_outside("write_of_wide_chars", plain, write, 6, 6),
    bytes_outside("write_of_array_of_structs", plain, write, 64, 64),
    bytes_outside("write_after_shrinking", plain, write, 40, 40),
    bytes_outside("write_of_negative_size", plain, write, 16, 16),
    bytes_outside("write_of_overflown_product", plain, write, 16, 16),
    bytes_outside("write_of_swapped_dimensions", plain, write, 15, 20),
    bytes_outside("write_of_shifted_indices", plain, write, 32, 32),
    bytes_outside("write_while_copying_string", plain, write, 5, 5),
    bytes_outside("write_of_list_of_pointers", plain, write, 24, 24),
    bytes_outside("write_of_bits", plain, write, 12, 12),
};

constexpr Expectation kWriteOverflowCalls[] = {
    bytes_outside("memset_behind", range, write, 100, 100),
    bytes_outside("memset_of_negative_size", range, write, 250, 250),
    bytes_outside("memcpy_behind", range, write, 40, 40),
    bytes_outside("memmove_behind", range, write, 24, 24),
    bytes_outside("mempcpy_behind", range, write, 10, 10),
    bytes_outside("bzero_behind", range, write, 33, 33),
    bytes_outside("strcpy_behind", range, write, 10, 10),
    bytes_outside("stpcpy_behind", range, write, 9, 9),
    bytes_outside("strncpy_behind", range, write, 20, 20),
    bytes_outside("strcat_behind", range, write, 11, 11),
    bytes_outside("strncat_behind", range, write, 8, 8),
    bytes_outside("sprintf_behind", plain, write, 8, 8),
    bytes_outside("snprintf_behind", plain, write, 12, 12),
    bytes_outside("fgets_behind", range, write, 16, 16),
    bytes_outside("fread_behind", range, write, 24, 24),
    bytes_outside("read_behind", range, write, 16, 16),
    bytes_outside("recv_behind", range, write, 25, 25),
    bytes_outside("wmemset_behind", range, write, 20, 20),
    bytes_outside("wcscpy_behind", range, write, 20, 20),
    bytes_outside("wcscat_behind", range, write, 24, 24),
    bytes_outside("wcsncpy_behind", range, write, 40, 40),
    bytes_outside("wmemcpy_of_bytes", range, write, 4, 4),
};

constexpr ExpectedFile kFiles[] = {
    {"write_overflow_places.c", kWriteOverflowPlaces},
    {"write_overflow_forms.c", kWriteOverflowForms},
    {"write_overflow_calls.c", kWriteOverflowCalls},
};

}  // namespace

std::span<const ExpectedFile> expected_overflows() {
  return kFiles;
}

}  // namespace arenite
