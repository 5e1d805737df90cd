// SPDX-License-Identifier: MIT
// Blocks the layer serves to a program compiled with AddressSanitizer (through our own API, as
// malloc is the sanitizer's there) become addressable to the byte. The sanitizer knows where memory
// is poisoned, not which block it was: its report says use-after-poison.
#include "debug/annotate/models.hpp"

// Weak: null where the runtime is not in the process.
extern "C" {
[[gnu::weak, gnu::visibility("default")]] void __asan_poison_memory_region(const volatile void*,
                                                                           std::size_t);
[[gnu::weak, gnu::visibility("default")]] void __asan_unpoison_memory_region(const volatile void*,
                                                                             std::size_t);
}

namespace arenite {
namespace {

void close(Address begin, std::size_t bytes) {
  __asan_poison_memory_region(reinterpret_cast<const volatile void*>(begin), bytes);
}

void open(Address begin, std::size_t bytes) {
  __asan_unpoison_memory_region(reinterpret_cast<const volatile void*>(begin), bytes);
}

void block_resized(Address begin, std::size_t old_size, std::size_t new_size, std::size_t) {
  open(begin, new_size);
  if (new_size < old_size) close(begin + new_size, old_size - new_size);
}

constinit const Annotator kAddressSanitizer = {
    .name = "AddressSanitizer",
    .watched = true,
    .keeps_stacks = false,
    .looks_away = false,
    .block_handed_out = [](Address begin, std::size_t size, std::size_t,
                           bool) { open(begin, size); },
    .block_freed = [](Address begin, std::size_t size, std::size_t) { close(begin, size); },
    .block_resized = block_resized,
    .make_inaccessible = close,
    .make_accessible_undefined = open,
    .make_defined = open,
    .pool_created = [](Address) {},
    .pool_destroyed = [](Address) {},
    .pool_memory_added = [](Address, Address begin, std::size_t bytes) { close(begin, bytes); },
    .pool_memory_removed = [](Address, Address begin, std::size_t bytes) { open(begin, bytes); },
    .look_away = [] {},
    .look_back = [] {},
};

}  // namespace

const Annotator* address_sanitizer_annotator() {
  return &__asan_poison_memory_region != nullptr && &__asan_unpoison_memory_region != nullptr
             ? &kAddressSanitizer
             : nullptr;
}

}  // namespace arenite
