// SPDX-License-Identifier: MIT
// A pool's free bitmap. One thread at a time takes (clears bits); any number give back (set bits).
// All functions are lock-free and bounded by the number of words.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bits.hpp"
#include "layout/pool.hpp"

namespace arenite {

class FreeBitmap {
 public:
  FreeBitmap(BitmapWord<Native>* words, unsigned capacity) : words_(words), capacity_(capacity) {}

  /// The bits that word `index` may have.
  std::uint64_t valid(unsigned index) const { return low_bits(capacity_ - index * 64); }
  unsigned word_count() const { return (capacity_ + 63) / 64; }

  /// Makes every block free. Nobody else may know of the pool.
  void fill() {
    for (unsigned i = 0; i < word_count(); ++i)
      words_[i].store(valid(i), std::memory_order_relaxed);
  }

  /// Takes up to `wanted` blocks, lowest first, of those whose aligned group of `group` blocks is
  /// free; returns how many. Calls `each(word, bits)` for the blocks of each word, in rising order,
  /// before they are taken from it.
  template <class Each>
  unsigned take(unsigned wanted, unsigned group, Each each) {
    unsigned taken = 0;
    for (unsigned i = 0; i < word_count() && taken < wanted; ++i) {
      // Acquire: pairs with the release in `give`; what the last user did to a block is over.
      const std::uint64_t word = words_[i].load(std::memory_order_acquire);
      const std::uint64_t choice = group > 1 ? full_groups(word, group) : word;
      if (choice == 0) continue;
      const std::uint64_t chosen = lowest_members(choice, wanted - taken);
      each(i, chosen);
      // Release: what `each` noted stands before the blocks are gone, in a forked child too.
      words_[i].fetch_and(~chosen, std::memory_order_release);
      taken += member_count(chosen);
    }
    return taken;
  }

  /// Gives back the blocks in `bits` of word `index`. Returns the word as it was: bits of it that
  /// are in `bits` were free already, a double free; the word is then wrong until `take_back`.
  /// An addition, because the processor has one that returns the former value, and with no bit in
  /// common it is the union. Release pairs with the acquire in `take`; sequentially consistent,
  /// because the giver then looks at the pool's state (heap/class_pools.hpp, `give_word`).
  std::uint64_t give(unsigned index, std::uint64_t bits) {
    return words_[index].fetch_add(bits, std::memory_order_seq_cst);
  }

  /// Undoes a `give` of bits that were set already.
  void take_back(unsigned index, std::uint64_t bits) {
    words_[index].fetch_sub(bits, std::memory_order_relaxed);
  }

  /// Calls `each(first, end)` for every unbroken run of free blocks, in rising order.
  template <class Each>
  void for_each_free_run(Each each) const {
    unsigned first = 0, end = 0;
    for (unsigned i = 0; i < word_count(); ++i) {
      // Acquire: as in `take`.
      std::uint64_t word = words_[i].load(std::memory_order_acquire);
      while (word != 0) {
        const unsigned bit = lowest_bit(word);
        const unsigned length = static_cast<unsigned>(std::countr_one(word >> bit));
        word &= ~(low_bits(length) << bit);
        if (i * 64 + bit != end) {
          if (first != end) each(first, end);
          first = i * 64 + bit;
        }
        end = i * 64 + bit + length;
      }
    }
    if (first != end) each(first, end);
  }

  /// Whether any block is free. Sequentially consistent: the other half of the handshake with
  /// `give`, see `leave` in heap/class_pools.hpp.
  bool any() const {
    for (unsigned i = 0; i < word_count(); ++i)
      if (words_[i].load(std::memory_order_seq_cst) != 0) return true;
    return false;
  }

  /// Whether every block is free. Acquire pairs with `give`: the pool may then be given away.
  /// Sequentially consistent: of those who give the last blocks of different words, at least one
  /// sees all of them.
  bool all() const {
    for (unsigned i = 0; i < word_count(); ++i)
      if (words_[i].load(std::memory_order_seq_cst) != valid(i)) return false;
    return true;
  }

 private:
  BitmapWord<Native>* words_;
  unsigned capacity_;
};

}  // namespace arenite
