// SPDX-License-Identifier: MIT
// Blocks on pages of their own, as page and sample mode use them: what the page-guard heap says of
// them, turned into incidents.
#pragma once

#include "debug/guard/guard_heap.hpp"
#include "debug/guard/page_heap_types.hpp"

namespace arenite {

/// Says, once, that page mode could not put a block onto pages and served it otherwise.
void say_declined(Decline why);

/// Checks the block and frees it; what is none is reported. Requires: the page-guard heap owns it.
void free_on_pages(void* block, const Death& death, ThreadNumber thread, StackId stack);

/// Checks what lies around all live blocks; tells of what is damaged, and counts.
std::size_t check_page_blocks(const char* name);
/// Of the block at the address alone; true if it is intact, or there is none.
bool check_page_block(const char* name, Address at);

}  // namespace arenite
