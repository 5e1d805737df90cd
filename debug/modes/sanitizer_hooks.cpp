// SPDX-License-Identifier: MIT
#include <cerrno>

#include "debug/modes/sanitizer_interface.hpp"

namespace arenite {
namespace {

using MallocHook = void (*)(const volatile void*, std::size_t);
using FreeHook = void (*)(const volatile void*);

/// As many as a sanitizer's runtime takes.
constexpr unsigned kMaxPairs = 5;

struct HookPair {
  std::atomic<MallocHook> on_malloc;
  std::atomic<FreeHook> on_free;
};

constinit HookPair pairs[kMaxPairs] = {};

/// What runs in the middle of malloc and free leaves errno as it was.
class KeepErrno {
 public:
  KeepErrno() : kept_(errno) {}
  ~KeepErrno() { errno = kept_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int kept_;
};

/// The number of hook pairs, or 0 if there is no room.
int install(MallocHook on_malloc, FreeHook on_free) {
  unsigned taken = detail::hook_pairs.load(std::memory_order_relaxed);
  do {
    if (taken == kMaxPairs) return 0;
  } while (!detail::hook_pairs.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed));
  // Release: pairs with the acquires below, for what the hooks read.
  pairs[taken].on_malloc.store(on_malloc, std::memory_order_release);
  pairs[taken].on_free.store(on_free, std::memory_order_release);
  return static_cast<int>(taken) + 1;
}

}  // namespace

namespace detail {

constinit std::atomic<unsigned> hook_pairs = 0;

// Acquire, in both: pairs with the stores in `install`.
void run_malloc_hooks(const void* block, std::size_t size) {
  const KeepErrno keep;
  for (const HookPair& pair : pairs)
    if (const MallocHook hook = pair.on_malloc.load(std::memory_order_acquire)) hook(block, size);
}

void run_free_hooks(const void* block) {
  const KeepErrno keep;
  for (const HookPair& pair : pairs)
    if (const FreeHook hook = pair.on_free.load(std::memory_order_acquire)) hook(block);
}

}  // namespace detail
}  // namespace arenite

extern "C" [[gnu::weak, gnu::visibility("default")]]
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                  std::size_t),
                                              void (*free_hook)(const volatile void*)) {
  return malloc_hook != nullptr && free_hook != nullptr ? arenite::install(malloc_hook, free_hook)
                                                        : 0;
}
