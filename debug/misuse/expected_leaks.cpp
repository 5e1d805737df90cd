// SPDX-License-Identifier: MIT
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

constexpr Expectation kLeaks[] = {
    lost("lose_local", 100, 1),
    lost("lose_by_overwriting", 10, 1),
    lost("lose_on_early_return", 12, 1),
    lost("lose_in_loop", 160, 5),
    lost("lose_result", 16, 1),
    lost("lose_in_freed_parent", 8, 1),
    lost("lose_parent_with_child", 66, 2),
    lost("lose_cycle", 32, 2),
    lost("lose_list", 160, 10),
    lost("lose_by_failed_realloc", 1000, 1),
    lost("lose_in_thread", 70, 1),
    lost("lose_by_clearing_global", 33, 1),
    lost("lose_some_of_array", 48, 4),
    lost("lose_large_block", 3000000, 1),
    lost("lose_all_but_end", 40, 1),
    lost("lose_line", 120, 1),
    lost("lose_aligned_block", 512, 1),
};

constexpr Expectation kLeaksOfObjects[] = {
    lost("lose_new", 8, 1),
    lost("lose_new_array", 50, 1),
    lost("lose_by_release", 48, 1),
    lost("lose_cycle_of_shared", 64, 2),
    lost("lose_elements_of_vector", 12, 3),
    lost("lose_by_exception", 60, 1),
    lost("lose_string_in_malloc", 81, 1),
    lost("lose_by_map_overwrite", 8, 1),
    lost("lose_member", 90, 1),
};

constexpr ExpectedFile kFiles[] = {
    {"leaks.c", kLeaks},
    {"leaks_of_objects.cpp", kLeaksOfObjects},
};

}  // namespace

std::span<const ExpectedFile> expected_leaks() {
  return kFiles;
}

}  // namespace arenite
