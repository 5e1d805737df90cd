// SPDX-License-Identifier: MIT
// Client requests: a sequence of instructions without effect, which Valgrind recognises as it
// translates. This file is the only one that has them in it.
#include <valgrind/memcheck.h>

#include "debug/annotate/models.hpp"

namespace arenite {
namespace {

void block_handed_out(Address begin, std::size_t size, std::size_t guard_before, bool zeroed) {
  VALGRIND_MALLOCLIKE_BLOCK(begin, size, guard_before, zeroed);
}

void block_freed(Address begin, std::size_t, std::size_t guard_before) {
  VALGRIND_FREELIKE_BLOCK(begin, guard_before);
}

void block_resized(Address begin, std::size_t old_size, std::size_t new_size,
                   std::size_t guard_before) {
  VALGRIND_RESIZEINPLACE_BLOCK(begin, old_size, new_size, guard_before);
}

void make_inaccessible(Address begin, std::size_t bytes) {
  VALGRIND_MAKE_MEM_NOACCESS(begin, bytes);
}

void make_accessible_undefined(Address begin, std::size_t bytes) {
  VALGRIND_MAKE_MEM_UNDEFINED(begin, bytes);
}

void make_defined(Address begin, std::size_t bytes) {
  VALGRIND_MAKE_MEM_DEFINED(begin, bytes);
}

void pool_created(Address pool) {
  // Blocks are told one by one, with their guards; what the pool is given has none around it.
  VALGRIND_CREATE_MEMPOOL_EXT(pool, 0, false,
                              VALGRIND_MEMPOOL_METAPOOL | VALGRIND_MEMPOOL_AUTO_FREE);
}

void pool_destroyed(Address pool) {
  VALGRIND_DESTROY_MEMPOOL(pool);
}

void pool_memory_added(Address pool, Address begin, std::size_t bytes) {
  VALGRIND_MEMPOOL_ALLOC(pool, begin, bytes);
  // The request has made it accessible.
  VALGRIND_MAKE_MEM_NOACCESS(begin, bytes);
}

void pool_memory_removed(Address pool, Address begin, std::size_t bytes) {
  VALGRIND_MEMPOOL_FREE(pool, begin);
  VALGRIND_MAKE_MEM_UNDEFINED(begin, bytes);
}

void look_away() {
  VALGRIND_DISABLE_ERROR_REPORTING;
}
void look_back() {
  VALGRIND_ENABLE_ERROR_REPORTING;
}

constinit const Annotator kMemcheck = {
    .name = "memcheck",
    .watched = true,
    .keeps_stacks = true,
    .looks_away = true,
    .block_handed_out = block_handed_out,
    .block_freed = block_freed,
    .block_resized = block_resized,
    .make_inaccessible = make_inaccessible,
    .make_accessible_undefined = make_accessible_undefined,
    .make_defined = make_defined,
    .pool_created = pool_created,
    .pool_destroyed = pool_destroyed,
    .pool_memory_added = pool_memory_added,
    .pool_memory_removed = pool_memory_removed,
    .look_away = look_away,
    .look_back = look_back,
};

}  // namespace

bool runs_on_valgrind() {
  return RUNNING_ON_VALGRIND != 0;
}

const Annotator* memcheck_annotator() {
  // Memcheck answers a request of its own with -1; its sisters, and no Valgrind, leave the 0.
  static constexpr char kByte = 0;
  return VALGRIND_MAKE_MEM_DEFINED(&kByte, sizeof kByte) != 0 ? &kMemcheck : nullptr;
}

}  // namespace arenite
