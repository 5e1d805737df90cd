// SPDX-License-Identifier: MIT
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

using enum Misuse;

constexpr Expectation kDoubleFree[] = {
    bad_call("free_twice", double_free, 10, 0),
    bad_call("free_twice_after_others", double_free, 50, 0),
    bad_call("free_twice_after_thousands", double_free, 100, 0),
    bad_call("free_twice_large_block", double_free, 1000000, 0),
    bad_call("free_twice_aligned_block", double_free, 2048, 0),
    bad_call("free_twice_of_strdup", double_free, 7, 0),
    bad_call("free_twice_across_threads", double_free, 30, 0),
    bad_call("free_twice_on_two_threads", double_free, 70, 0),
    bad_call("free_after_realloc_to_nothing", double_free, 40, 0),
    bad_call("free_after_realloc_moved", double_free, 20, 0),
    bad_call("free_by_two_owners", double_free, 16, 0),
    bad_call("free_by_callee_and_caller", double_free, 64, 0),
    bad_call("free_list_with_same_node_twice", double_free, 8, 0),
    bad_call("free_twice_in_child", double_free, 24, 0),
};

constexpr Expectation kBadFree[] = {
    bad_call("free_interior", bad_free, 100, 16),
    bad_call("free_misaligned", bad_free, 100, 1),
    bad_call("free_interior_of_large_block", bad_free, 1048576, 65536),
    bad_call("free_end_of_block", bad_free, 32, 32),
    bad_call("free_before_block", bad_free, 64, -16),
    bad_call("free_advanced_pointer", bad_free, 19, 2),
    bad_call("free_member", bad_free, 32, 8),
    bad_call("free_hand_aligned", bad_free, 163, Expectation::kAnywhereInside),
    bad_call("free_stack", bad_free),
    bad_call("free_alloca", bad_free),
    bad_call("free_stack_of_thread", bad_free),
    bad_call("free_global", bad_free),
    bad_call("free_string_literal", bad_free),
    bad_call("free_thread_local", bad_free),
    bad_call("free_environment", bad_free),
    bad_call("free_mapping", bad_free),
    bad_call("free_function", bad_free),
    bad_call("free_wild", bad_free),
    bad_call("free_small_number", bad_free),
    bad_call("free_uninitialised", bad_free),
};

constexpr Expectation kReallocations[] = {
    bad_call("realloc_freed", realloc_of_freed, 10, 0),
    bad_call("realloc_twice", realloc_of_freed, 16, 0),
    bad_call("realloc_freed_to_smaller", realloc_of_freed, 300, 0),
    bad_call("realloc_interior", realloc_of_foreign, 64, 32),
    bad_call("realloc_misaligned", realloc_of_foreign, 64, 3),
    bad_call("realloc_stack", realloc_of_foreign),
    bad_call("realloc_global", realloc_of_foreign),
    bad_call("realloc_mapping", realloc_of_foreign),
    bad_call("realloc_wild", realloc_of_foreign),
    bad_call("reallocarray_freed", realloc_of_freed, 40, 0),
    bad_call("usable_size_of_freed", bad_usable_size, 48, 0),
    bad_call("usable_size_of_interior", bad_usable_size, 80, 8),
    bad_call("usable_size_of_global", bad_usable_size),
};

constexpr Expectation kMismatches[] = {
    bad_call("malloc_then_delete", mismatch, 4, 0, "(malloc vs operator delete) on 0x"),
    bad_call("malloc_then_delete_array", mismatch, 50, 0, "(malloc vs operator delete []) on 0x"),
    bad_call("calloc_then_delete_array", mismatch, 40, 0, "(malloc vs operator delete []) on 0x"),
    bad_call("strdup_then_delete", mismatch, 7, 0, "(malloc vs operator delete) on 0x"),
    bad_call("realloc_then_delete", mismatch, 20, 0, "(malloc vs operator delete) on 0x"),
    bad_call("aligned_alloc_then_delete", mismatch, 64, 0,
             "(aligned_alloc vs operator delete) on 0x"),
    bad_call("posix_memalign_then_delete_array", mismatch, 96, 0,
             "(aligned_alloc vs operator delete []) on 0x"),
    bad_call("new_then_free", mismatch, 8, 0, "(operator new vs free) on 0x"),
    bad_call("new_array_then_free", mismatch, 20, 0, "(operator new [] vs free) on 0x"),
    bad_call("nothrow_new_then_free", mismatch, 4, 0, "(operator new vs free) on 0x"),
    bad_call("new_then_delete_array", mismatch, 4, 0, "(operator new vs operator delete []) on 0x"),
    bad_call("new_array_then_delete", mismatch, 24, 0,
             "(operator new [] vs operator delete) on 0x"),
    summary_elsewhere(bad_call("unique_ptr_of_array", mismatch, 1, 0,
                               "(operator new [] vs operator delete) on 0x")),
    summary_elsewhere(
        bad_call("shared_ptr_of_malloc", mismatch, 1, 0, "(malloc vs operator delete) on 0x")),
    bad_call("aligned_new_then_free", mismatch, 128, 0, "(operator new (aligned) vs free) on 0x"),
    bad_call("new_then_realloc", mismatch, 30, 0, "(operator new vs free) on 0x"),
    bad_call("malloc_then_delete_by_thread", mismatch, 44, 0, "(malloc vs operator delete) on 0x"),
};

constexpr Expectation kDeletes[] = {
    bad_call("delete_twice", double_free, 8, 0),
    bad_call("delete_array_twice", double_free, 100, 0),
    summary_elsewhere(bad_call("delete_by_two_owners", double_free, 4, 0)),
    bad_call("delete_by_shallow_copy", double_free, 24, 0),
    summary_elsewhere(bad_call("delete_after_get", double_free, 48, 0)),
    bad_call("delete_stack", bad_free),
    bad_call("delete_element", bad_free, 32, 16),
    bad_call("delete_member_of_object", bad_free, 16, 8),
    bad_call("delete_array_with_count_as_one", bad_free, 104, 8),
    bad_call("delete_through_base", type_mismatch, 48, 0, "deallocated type: 8 bytes"),
    bad_call("delete_with_smaller_size", type_mismatch, 100, 0, "deallocated type: 50 bytes"),
    bad_call("delete_with_larger_size", type_mismatch, 16, 0, "deallocated type: 24 bytes"),
    bad_call("delete_array_with_wrong_size", type_mismatch, 40, 0, "deallocated type: 10 bytes"),
    summary_elsewhere(bad_call("deallocate_with_wrong_count", type_mismatch, 48, 0,
                               "deallocated type: 12 bytes")),
    bad_call("delete_with_wrong_alignment", type_mismatch, 256, 0, "deallocated type: 64 bytes"),
    bad_call("delete_array_with_wrong_alignment", type_mismatch, 64, 0,
             "deallocated type: 64 bytes"),
    bad_call("delete_aligned_with_wrong_size", type_mismatch, 192, 0,
             "deallocated type: 128 bytes"),
};

constexpr ExpectedFile kFiles[] = {
    {"double_free.c", kDoubleFree},  {"bad_free.c", kBadFree},  {"reallocations.c", kReallocations},
    {"mismatches.cpp", kMismatches}, {"deletes.cpp", kDeletes},
};

}  // namespace

std::span<const ExpectedFile> expected_frees() {
  return kFiles;
}

}  // namespace arenite
