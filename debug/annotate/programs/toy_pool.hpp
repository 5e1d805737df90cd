// SPDX-License-Identifier: MIT
// A pool in memory of its own, annotated as the debug layer annotates: what the models are tried
// with. Blocks have 16 bytes of guard on each side and are never used again.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>

#include "debug/annotate/annotator.hpp"

namespace arenite {

class ToyPool {
 public:
  static constexpr std::size_t kGuard = 16;
  static constexpr std::size_t kBytes = 1 << 16;

  explicit ToyPool(const Annotator& annotator) : annotator_(annotator) {
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    begin_ = reinterpret_cast<Address>(memory);
    next_ = begin_ + kGuard;
    annotator_.pool_created(anchor());
    annotator_.pool_memory_added(anchor(), begin_, kBytes);
  }
  ~ToyPool() {
    annotator_.pool_memory_removed(anchor(), begin_, kBytes);
    annotator_.pool_destroyed(anchor());
  }
  ToyPool(const ToyPool&) = delete;
  ToyPool& operator=(const ToyPool&) = delete;

  [[gnu::noinline]] char* allocate(std::size_t size, bool zeroed = false) {
    const Address block = next_;
    next_ += (size + 15) / 16 * 16 + kGuard;
    annotator_.block_handed_out(block, size, kGuard, zeroed);
    return reinterpret_cast<char*>(block);
  }

  [[gnu::noinline]] void free(char* block, std::size_t size) {
    annotator_.block_freed(reinterpret_cast<Address>(block), size, kGuard);
  }

  /// Requires: `block` was the last allocated.
  [[gnu::noinline]] void resize(char* block, std::size_t from, std::size_t to) {
    next_ = reinterpret_cast<Address>(block) + (to + 15) / 16 * 16 + kGuard;
    annotator_.block_resized(reinterpret_cast<Address>(block), from, to, kGuard);
  }

 private:
  Address anchor() const { return reinterpret_cast<Address>(this); }

  const Annotator& annotator_;
  Address begin_;
  Address next_;
};

}  // namespace arenite
