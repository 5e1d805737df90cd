// SPDX-License-Identifier: MIT
// MemorySanitizer knows defined from undefined and nothing of accessible: what was freed, or is a
// guard, counts as undefined, and is reported once a branch depends on it.
#include "debug/annotate/models.hpp"

// Weak: null where the runtime is not in the process.
extern "C" {
[[gnu::weak, gnu::visibility("default")]] void __msan_poison(const volatile void*, std::size_t);
[[gnu::weak, gnu::visibility("default")]] void __msan_unpoison(const volatile void*, std::size_t);
[[gnu::weak, gnu::visibility("default")]] void __msan_allocated_memory(const volatile void*,
                                                                       std::size_t);
}

namespace arenite {
namespace {

void undefine(Address begin, std::size_t bytes) {
  __msan_poison(reinterpret_cast<const volatile void*>(begin), bytes);
}

void define(Address begin, std::size_t bytes) {
  __msan_unpoison(reinterpret_cast<const volatile void*>(begin), bytes);
}

/// Undefined, and the sanitizer keeps the stack as the origin.
void allocate(Address begin, std::size_t bytes) {
  __msan_allocated_memory(reinterpret_cast<const volatile void*>(begin), bytes);
}

void block_handed_out(Address begin, std::size_t size, std::size_t, bool zeroed) {
  zeroed ? define(begin, size) : allocate(begin, size);
}

void block_resized(Address begin, std::size_t old_size, std::size_t new_size, std::size_t) {
  if (new_size > old_size) allocate(begin + old_size, new_size - old_size);
  if (new_size < old_size) undefine(begin + new_size, old_size - new_size);
}

constinit const Annotator kMemorySanitizer = {
    .name = "MemorySanitizer",
    .watched = true,
    .keeps_stacks = false,
    .looks_away = false,
    .block_handed_out = block_handed_out,
    .block_freed = [](Address begin, std::size_t size, std::size_t) { undefine(begin, size); },
    .block_resized = block_resized,
    .make_inaccessible = undefine,
    .make_accessible_undefined = allocate,
    .make_defined = define,
    .pool_created = [](Address) {},
    .pool_destroyed = [](Address) {},
    .pool_memory_added = [](Address, Address begin, std::size_t bytes) { undefine(begin, bytes); },
    .pool_memory_removed = [](Address, Address begin,
                              std::size_t bytes) { allocate(begin, bytes); },
    .look_away = [] {},
    .look_back = [] {},
};

}  // namespace

const Annotator* memory_sanitizer_annotator() {
  return &__msan_poison != nullptr && &__msan_unpoison != nullptr &&
                 &__msan_allocated_memory != nullptr
             ? &kMemorySanitizer
             : nullptr;
}

}  // namespace arenite
