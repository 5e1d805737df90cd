// SPDX-License-Identifier: MIT
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

using enum By;
using enum Touch;

constexpr Expectation kUseAfterFree[] = {
    bytes_freed("write_after_free", plain, write, 10, 0),
    bytes_freed("write_inside_after_free", plain, write, 400, 228),
    bytes_freed("write_after_free_of_large_block", plain, write, 1048576, 500000),
    bytes_freed("write_after_free_of_calloc", plain, write, 32, 24),
    bytes_freed("write_after_free_of_aligned_block", plain, write, 128, 100, 128),
    bytes_freed("write_through_stale_copy", plain, write, 30, 4),
    bytes_freed("write_after_realloc_moved", plain, write, 40, 39),
    bytes_freed("write_after_free_in_thread", plain, write, 16, 12),
    bytes_freed("write_after_free_by_thread", plain, write, 25, 24),
    bytes_freed("write_after_free_in_signal_handler", plain, write, 60, 5),
    bytes_freed("write_after_many_more_frees", plain, write, 48, 8),
    bytes_freed("write_after_free_at_exit", plain, write, 20, 1),
    bytes_freed("write_after_failed_step", plain, write, 90, 89),
    bytes_freed("read_after_free", plain, read, 10, 3),
    bytes_freed("read_next_of_freed_node", plain, read, 16, 0),
    bytes_freed("read_value_of_freed_node", plain, read, 16, 8),
    bytes_freed("read_after_free_of_large_block", plain, read, 300000, 299999),
    bytes_freed("read_through_stale_element", plain, read, 64, 16),
    bytes_freed("read_after_free_in_thread", plain, read, 8, 0),
    bytes_freed("read_in_loop_after_free", plain, read, 200, 0),
    bytes_freed("read_after_free_by_callee", plain, read, 16, 8),
    bytes_freed("read_of_cached_pointer", plain, read, 32, 31),
    bytes_freed("read_freed_while_sorting", plain, read, 4, 0),
};

constexpr Expectation kUseAfterFreeCalls[] = {
    bytes_freed("memcpy_from_freed", range, read, 24, 0),
    bytes_freed("memcpy_to_freed", range, write, 24, 0),
    bytes_freed("memset_of_freed", range, write, 24, 0),
    bytes_freed("memmove_to_freed", range, write, 24, 2),
    bytes_freed("memcmp_of_freed", range, read, 24, 0),
    bytes_freed("strlen_of_freed", range, read, 24, 0),
    bytes_freed("strcpy_to_freed", range, write, 24, 0),
    bytes_freed("strcmp_of_freed", range, read, 24, 0),
    bytes_freed("strchr_inside_freed", range, read, 24, 10),
    bytes_freed("strdup_of_freed", range, read, 24, 0),
    bytes_freed("printf_of_freed", range, read, 24, 0),
    bytes_freed("puts_of_freed", range, read, 24, 0),
    bytes_freed("snprintf_to_freed", range, write, 24, 0),
    bytes_freed("fwrite_of_freed", range, read, 24, 0),
    bytes_freed("write_of_freed", range, read, 24, 0),
    bytes_freed("read_into_freed", range, write, 24, 0),
    bytes_freed("fgets_into_freed", range, write, 24, 0),
    bytes_freed("send_of_freed", range, read, 24, 0),
    bytes_freed("wcslen_of_freed", range, read, 52, 0),
    bytes_freed("qsort_of_freed", range, write, 24, 0),
};

constexpr Expectation kContainers[] = {
    bytes_outside("write_behind_new", plain, write, 12, 12),
    bytes_outside("write_behind_new_array", plain, write, 20, 20),
    bytes_outside("write_behind_aligned_new", plain, write, 64, 64, 64),
    bytes_outside("write_behind_nothrow_new", plain, write, 32, 32),
    summary_elsewhere(bytes_outside("write_behind_vector", plain, write, 24, 24)),
    bytes_outside("write_behind_string", range, write, 41, 41),
    summary_elsewhere(bytes_outside("write_behind_unique_array", plain, write, 18, 18)),
    bytes_outside("write_by_wrong_downcast", plain, write, 16, 16),
    bytes_outside("read_behind_new_array", plain, read, 16, 16),
    bytes_outside("read_behind_vector", plain, read, 24, 24),
    bytes_outside("read_with_index_behind_vector", plain, read, 40, 40),
    bytes_outside("read_before_new_array", plain, read, 48, -8),
    summary_elsewhere(bytes_outside("construct_string_behind", range, read, 30, 30)),
    bytes_outside("copy_behind_vector", range, read, 32, 32),
    bytes_freed("write_after_delete", plain, write, 8, 0),
    bytes_freed("write_after_delete_array", plain, write, 48, 44),
    bytes_freed("read_after_delete", plain, read, 24, 16),
    bytes_freed("read_after_delete_array", plain, read, 72, 32),
    bytes_freed("call_of_deleted", plain, read, 8, 0),
    bytes_freed("read_by_stale_iterator", plain, read, 32, 24),
    bytes_freed("read_after_erase", plain, read, 24, 16),
    bytes_freed("read_of_dead_string", range, read, 51, 0),
    summary_elsewhere(bytes_freed("copy_of_dead_view", range, read, 65, 0)),
    bytes_freed("write_by_stale_iterator", plain, write, 40, 0),
    bytes_freed("copy_from_stale_data", range, read, 40, 0),
    bytes_freed("write_after_erase", plain, write, 40, 36),
    bytes_freed("write_after_reset", plain, write, 72, 64),
    bytes_freed("write_by_stale_lambda", plain, write, 24, 16),
};

constexpr ExpectedFile kFiles[] = {
    {"use_after_free.c", kUseAfterFree},
    {"use_after_free_calls.c", kUseAfterFreeCalls},
    {"containers.cpp", kContainers},
};

}  // namespace

std::span<const ExpectedFile> expected_after_free() {
  return kFiles;
}

}  // namespace arenite
