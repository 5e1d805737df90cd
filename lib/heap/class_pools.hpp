// SPDX-License-Identifier: MIT
// The pools of each class, and who has them. A pool with a free block that no thread is attached to
// stands in its class's list. Blocks are taken from the pool a thread is attached to, or from the
// first of the list; they come back as bits set in the bitmap of their pool, whosever it is,
// without a lock unless the pool changes lists. The states of a pool are told in layout/pool.hpp.
#pragma once

#include <atomic>
#include <bit>

#include "base/contract.hpp"
#include "base/text.hpp"
#include "heap/heap_parts.hpp"
#include "os/lock.hpp"

namespace arenite {

template <class Config>
class ClassPools : public HeapParts<Config> {
  using Base = HeapParts<Config>;

 public:
  using Base::Base;
  using typename Base::Classes;
  using typename Base::Geometry;

 protected:
  using Base::arenas;
  using Base::attached;
  using Base::bitmap;
  using Base::root_;
  using Base::tables;

  // ---- taking ----

  /// From the pool the thread is attached to and those it exchanges it for: fills slots from
  /// `wanted` down, so that the lowest address is handed out first and the next lowest popped
  /// first. Returns the lowest slot filled.
  unsigned take_from_own(ThreadBlock thread, SizeClass size_class, BlockArray& array,
                         unsigned wanted) {
    unsigned lowest = wanted;
    PoolIndex pool{attached(thread, size_class)};
    while (lowest > 0) {
      if (pool.value != kNone) lowest = take(pool, size_class, array, lowest);
      if (lowest == 0) break;
      // A pool nobody used yet is opened only for want of any block.
      const PoolIndex next = exchange(thread, size_class, pool, lowest == wanted);
      if (next.value == kNone) break;
      // All its blocks may have come back before it was left; those who gave them saw it attached.
      if (pool.value != kNone) close_if_empty(pool, size_class);
      pool = next;
    }
    return lowest;
  }

  /// The same from a listed pool, which remains listed while it has a block: from lines that nobody
  /// else writes to, if it has such. It cannot be wholly free when it is left, since the blocks
  /// taken are still out.
  unsigned take_from_listed(SizeClass size_class, BlockArray& array, unsigned wanted) {
    ClassList<Native>& list = root_.lists[size_class.value];
    LockGuard guard(list.lock);
    PoolIndex pool{list.head};
    if (pool.value == kNone) {
      pool = open_pool(size_class);
      if (pool.value == kNone) return wanted;
      append(list, pool);
    }
    unsigned lowest = take(pool, size_class, array, wanted, blocks_of_line(size_class));
    if (lowest == wanted) lowest = take(pool, size_class, array, wanted);
    if (!bitmap(pool, size_class).any()) {
      unlink(list, pool);
      leave(pool, size_class);
    }
    return lowest;
  }

  /// The thread has no pool of this class any more; what it had is listed, full, or given back.
  void leave_for_good(ThreadBlock thread, SizeClass size_class) {
    const PoolIndex pool{attached(thread, size_class)};
    if (pool.value == kNone) return;
    {
      // Both under the lock: a child forked in between would have the pool attached to nobody.
      LockGuard guard(root_.lists[size_class.value].lock);
      attached(thread, size_class) = kNone;
      leave(pool, size_class);
    }
    close_if_empty(pool, size_class);
  }

  /// How many pools of the class stand in its list: each has a free block.
  std::uint32_t listed_pools(SizeClass size_class) {
    ClassList<Native>& list = root_.lists[size_class.value];
    LockGuard guard(list.lock);
    return list.length;
  }

  // ---- giving back ----

  /// Sets the bits of `count` blocks of the class in the bitmaps of their pools. One that is free
  /// already, or behind the last of its pool, ends in the fatal handler.
  void give_back(const Address* blocks, unsigned count, SizeClass size_class) {
    const std::uint64_t reciprocal = Classes::facts(size_class).reciprocal;
    const Address range = root_.range.address;
    Gathered gathered;
    for (const Address* end = blocks + count; blocks != end; ++blocks) {
      const auto [word, bit] = bit_of(*blocks - range, reciprocal);
      const unsigned entry = word % Gathered::kEntries;
      std::uint64_t bits = gathered.bits[entry];
      if (gathered.word[entry] != word) {
        if (bits != 0) give_word(gathered.word[entry], bits, size_class);
        gathered.word[entry] = word;
        bits = 0;
      }
      if ((bits & bit) != 0) [[unlikely]]
        bad_hand_back(*blocks, true);
      gathered.bits[entry] = bits | bit;
    }
    for (unsigned i = 0; i < Gathered::kEntries; ++i)
      if (gathered.bits[i] != 0) give_word(gathered.word[i], gathered.bits[i], size_class);
  }

  /// The same for one block.
  void give_one(Address at, SizeClass size_class) {
    const auto [word, bit] =
        bit_of(at - root_.range.address, Classes::facts(size_class).reciprocal);
    give_word(word, bit, size_class);
  }

  // ---- pages between blocks ----

  /// Gives pages that only free blocks of the class lie on back to the system, of one listed pool
  /// after the other. Each is the thread's own meanwhile: nobody else takes from it. Returns
  /// whether there were any. Requires: the thread is attached to no pool of the class.
  bool give_emptied_pages(ThreadBlock thread, SizeClass size_class) {
    bool any = false;
    PoolIndex pool{kNone};
    for (std::uint32_t left = listed_pools(size_class); left > 0; --left) {
      const PoolIndex next = exchange(thread, size_class, pool, false);
      if (next.value == kNone) break;
      if (pool.value != kNone) close_if_empty(pool, size_class);
      pool = next;
      any |= decommit_free_runs(pool, size_class);
    }
    leave_for_good(thread, size_class);
    return any;
  }

  // ---- after a fork ----

  /// A thread that was between setting a bit and listing the pool does not exist in a forked child.
  void relist_forgotten() {
    const std::uint32_t pools = tables().arena_count() * kArenaPools;
    for (std::uint32_t i = 0; i < pools; ++i) {
      const PoolDescriptor<Native>& descriptor = tables().pool(PoolIndex{i});
      if (descriptor.state.load(std::memory_order_relaxed) != PoolState::full) continue;
      const SizeClass size_class{descriptor.size_class.load(std::memory_order_relaxed)};
      // Inner pools of spans keep whatever their descriptors held; their class byte is 0.
      if (tables().class_byte(PoolIndex{i}).load(std::memory_order_relaxed) == 0) continue;
      if (bitmap(PoolIndex{i}, size_class).any()) relist(PoolIndex{i}, size_class);
    }
  }

 private:
  /// How many blocks share a line and begin and end it; 1 if none do.
  static unsigned blocks_of_line(SizeClass size_class) {
    const std::uint32_t block_bytes = Classes::facts(size_class).block_bytes;
    return kLineBytes % block_bytes == 0 ? static_cast<unsigned>(kLineBytes / block_bytes) : 1;
  }

  /// Of the pool the thread is attached to.
  bool decommit_free_runs(PoolIndex pool, SizeClass size_class) {
    const ClassFacts& facts = Classes::facts(size_class);
    bool any = false;
    bitmap(pool, size_class).for_each_free_run([&](std::size_t first, std::size_t end) {
      const std::size_t begin = round_up(first * facts.block_bytes, Geometry::kPageBytes);
      // What remains behind the last block is nobody's.
      const std::size_t stop = end == facts.capacity
                                   ? Geometry::kPoolBytes
                                   : round_down(end * facts.block_bytes, Geometry::kPageBytes);
      if (begin >= stop) return;
      LockGuard guard(root_.range_lock);
      any |= arenas().decommit_within(pool, begin, stop - begin);
    });
    return any;
  }

  /// Puts blocks of the pool into the slots below `lowest`, downwards; returns the lowest used.
  unsigned take(PoolIndex pool, SizeClass size_class, BlockArray& array, unsigned lowest,
                unsigned group = 1) {
    const Address base = tables().pool_address(pool);
    const std::uint32_t block_bytes = Classes::facts(size_class).block_bytes;
    std::atomic<std::uint32_t>& carved = tables().pool(pool).carved;
    bitmap(pool, size_class).take(lowest, group, [&](unsigned word, std::uint64_t bits) {
      const unsigned end = word * 64 + 64 - static_cast<unsigned>(std::countl_zero(bits));
      if (end > carved.load(std::memory_order_relaxed))
        carved.store(end, std::memory_order_relaxed);
      while (bits != 0) {
        const unsigned first = lowest_bit(bits);
        const unsigned length = static_cast<unsigned>(std::countr_one(bits >> first));
        bits &= ~(low_bits(length) << first);
        Address block = base + Address{word * 64 + first} * block_bytes;
        for (unsigned i = 0; i < length; ++i, block += block_bytes) array.set_slot(--lowest, block);
      }
    });
    return lowest;
  }

  /// Leaves the attached pool, if it has no block left, for another one that has. Returns the pool
  /// that is attached now; kNone if there is none but fresh ones and `fresh` is false, or if memory
  /// cannot be had: then the former stays attached.
  PoolIndex exchange(ThreadBlock thread, SizeClass size_class, PoolIndex former, bool fresh) {
    ClassList<Native>& list = root_.lists[size_class.value];
    LockGuard guard(list.lock);
    PoolIndex next{list.head};
    if (next.value != kNone) {
      unlink(list, next);
    } else {
      if (!fresh) return PoolIndex{kNone};
      next = open_pool(size_class);
      if (next.value == kNone) return next;
    }
    if (former.value != kNone) leave(former, size_class);
    PoolDescriptor<Native>& descriptor = tables().pool(next);
    descriptor.owner = thread_header(thread).index;
    // Relaxed: who sees it has nothing to do with the pool.
    descriptor.state.store(PoolState::attached, std::memory_order_relaxed);
    attached(thread, size_class) = next.value;
    return next;
  }

  /// Makes a free pool one of this class. The class lock is held.
  PoolIndex open_pool(SizeClass size_class) {
    PoolIndex pool;
    {
      LockGuard guard(root_.range_lock);
      pool = arenas().take_pool();
    }
    if (pool.value == kNone) return pool;
    bitmap(pool, size_class).fill();
    PoolDescriptor<Native>& descriptor = tables().pool(pool);
    descriptor.size_class.store(size_class.value, std::memory_order_relaxed);
    descriptor.carved.store(0, std::memory_order_relaxed);
    tables().class_byte(pool).store(
        static_cast<std::uint8_t>(Classes::facts(size_class).first_line),
        std::memory_order_relaxed);
    return pool;
  }

  /// The attached pool belongs to no thread any more: full, or listed if blocks came back. The
  /// class lock is held. The store and the look behind it are one half of a handshake whose other
  /// half is in `give_word`: at least one of the two sees the other.
  void leave(PoolIndex pool, SizeClass size_class) {
    PoolDescriptor<Native>& descriptor = tables().pool(pool);
    descriptor.owner = kNone;
    descriptor.state.store(PoolState::full, std::memory_order_seq_cst);
    if (bitmap(pool, size_class).any()) append(root_.lists[size_class.value], pool);
  }

  /// Bits of bitmap words that are to be set, gathered so that the blocks of one word cost one
  /// atomic operation, as far as a small table goes. Words are numbered through the whole table of
  /// bitmaps.
  struct Gathered {
    static constexpr unsigned kEntries = 16;
    std::uint32_t word[kEntries] = {};
    std::uint64_t bits[kEntries] = {};
  };

  struct BitmapBit {
    std::uint32_t word;
    std::uint64_t bit;
  };

  /// The bit of the block that begins so far into the range, by its class's reciprocal.
  [[gnu::always_inline]] static BitmapBit bit_of(Address offset, std::uint64_t reciprocal) {
    const std::uint64_t block = (offset % Geometry::kPoolBytes * reciprocal) >> 32;
    return {static_cast<std::uint32_t>(offset / Geometry::kPoolBytes * Classes::kBitmapWords +
                                       block / 64),
            std::uint64_t{1} << (block % 64)};
  }

  void give_word(std::uint32_t numbered, std::uint64_t bits, SizeClass size_class) {
    const PoolIndex pool{static_cast<std::uint32_t>(numbered / Classes::kBitmapWords)};
    const unsigned word = numbered % Classes::kBitmapWords;
    FreeBitmap free = bitmap(pool, size_class);
    const std::uint64_t valid = free.valid(word);
    if ((bits & ~valid) != 0) [[unlikely]]
      bad_hand_back(block_address(pool, word, bits & ~valid, size_class), false);
    const std::uint64_t before = free.give(word, bits);
    if ((before & bits) != 0) [[unlikely]] {
      free.take_back(word, bits);
      bad_hand_back(block_address(pool, word, before & bits, size_class), true);
    }
    // Sequentially consistent: the other half of the handshake in `leave`.
    if (tables().pool(pool).state.load(std::memory_order_seq_cst) == PoolState::full) [[unlikely]]
      relist(pool, size_class);
    if ((before | bits) == valid) [[unlikely]]
      close_if_empty(pool, size_class);
  }

  Address block_address(PoolIndex pool, unsigned word, std::uint64_t bits,
                        SizeClass size_class) const {
    return tables().pool_address(pool) +
           Address{word * 64 + lowest_bit(bits)} * Classes::facts(size_class).block_bytes;
  }

  /// A pool that nobody offered has free blocks again. The pool may have changed hands since the
  /// caller looked, and the blocks may have been taken again; under the class lock a pool of this
  /// class stays what it is, and nobody takes from a full one. Out of line: `give_word` is short.
  [[gnu::noinline]] void relist(PoolIndex pool, SizeClass size_class) {
    ClassList<Native>& list = root_.lists[size_class.value];
    LockGuard guard(list.lock);
    if (is_of_class_in(pool, size_class, PoolState::full) && bitmap(pool, size_class).any())
      append(list, pool);
  }

  /// Whether the pool is in this state as one of this class, whose lock is held. The state first,
  /// then the class: a pool of another class may change hands between the two, and is told by its
  /// class only if that is the younger look. Acquire: pairs with the releases that enter the state.
  bool is_of_class_in(PoolIndex pool, SizeClass size_class, PoolState state) const {
    const PoolDescriptor<Native>& descriptor = tables().pool(pool);
    return descriptor.state.load(std::memory_order_acquire) == state &&
           descriptor.size_class.load(std::memory_order_relaxed) == size_class.value;
  }

  /// Gives a listed pool without live blocks back to its arena. An attached one stays its owner's.
  void close_if_empty(PoolIndex pool, SizeClass size_class) {
    if (!bitmap(pool, size_class).all()) return;
    ClassList<Native>& list = root_.lists[size_class.value];
    LockGuard guard(list.lock);
    if (!is_of_class_in(pool, size_class, PoolState::listed) || !bitmap(pool, size_class).all())
      return;
    unlink(list, pool);
    tables().pool(pool).state.store(PoolState::free, std::memory_order_relaxed);
    tables().class_byte(pool).store(0, std::memory_order_relaxed);
    LockGuard range(root_.range_lock);
    arenas().give(pool, 1);
  }

  // ---- class lists; the class lock is held ----

  void append(ClassList<Native>& list, PoolIndex pool) {
    PoolDescriptor<Native>& descriptor = tables().pool(pool);
    descriptor.next = kNone;
    descriptor.previous = list.tail;
    (list.tail == kNone ? list.head : tables().pool(PoolIndex{list.tail}).next) = pool.value;
    list.tail = pool.value;
    ++list.length;
    // Release: pairs with the acquire in `is_of_class_in`.
    descriptor.state.store(PoolState::listed, std::memory_order_release);
  }

  void unlink(ClassList<Native>& list, PoolIndex pool) {
    const PoolDescriptor<Native>& descriptor = tables().pool(pool);
    (descriptor.previous == kNone ? list.head
                                  : tables().pool(PoolIndex{descriptor.previous}).next) =
        descriptor.next;
    (descriptor.next == kNone ? list.tail : tables().pool(PoolIndex{descriptor.next}).previous) =
        descriptor.previous;
    --list.length;
  }

  [[noreturn, gnu::cold, gnu::noinline]] void bad_hand_back(Address block, bool free_already) {
    Text<256> line;
    line << "free(" << Hex{block} << "): "
         << (free_already ? "double free: the block is free already"
                          : "wild pointer: behind the last block of its pool");
    fatal(line.c_str());
  }
};

}  // namespace arenite
