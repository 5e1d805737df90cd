// SPDX-License-Identifier: MIT
// A bounded queue with one writer and one reader.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace arenite::bench {

template <class Item, std::size_t kCapacity>
class Channel {
 public:
  /// False if it is full.
  bool push(Item item) {
    const std::size_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kCapacity) return false;
    items_[end % kCapacity] = item;
    end_.store(end + 1, std::memory_order_release);  // pairs with the acquire in pop
    return true;
  }

  /// False if it is empty.
  bool pop(Item& item) {
    const std::size_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    item = items_[begin % kCapacity];
    begin_.store(begin + 1, std::memory_order_release);  // pairs with the acquire in push
    return true;
  }

  /// For the writer.
  bool full() const {
    return end_.load(std::memory_order_relaxed) - begin_.load(std::memory_order_acquire) ==
           kCapacity;
  }

 private:
  alignas(64) std::atomic<std::size_t> begin_{0};
  alignas(64) std::atomic<std::size_t> end_{0};
  alignas(64) std::array<Item, kCapacity> items_{};
};

}  // namespace arenite::bench
