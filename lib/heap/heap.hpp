// SPDX-License-Identifier: MIT
// A heap: the only composer of pools, arenas, spans and thread blocks. Any number may live in one
// process; `close` destroys one whole, with all its blocks.
//
// Every operation names the thread block it works with. Different thread blocks may be used at the
// same time; one thread block by one thread at a time. Blocks may be freed through any of them.
//
// malloc pops the thread's array of the class; an empty array is refilled from the class's shelf,
// if that holds blocks; from a listed pool, which all share, while the array grows; and then from
// the bitmap of the pool the thread is attached to, or when that has no block left, of another one.
// free pushes; a full array hands entries back: to the shelf, or to the bitmaps of their pools,
// whosever they are. Locks, in this order: thread lock, class locks, range lock. A hand-back to the
// bitmaps takes none unless a pool changes lists.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/contract.hpp"
#include "base/text.hpp"
#include "heap/config.hpp"
#include "os/lock.hpp"
#include "pool/bitmap.hpp"
#include "span/spans.hpp"
#include "thread/registry.hpp"
#include "thread/shelf.hpp"

namespace arenite {

template <class Config>
class Heap {
 public:
  using Geometry = typename Config::Geometry;
  using Pages = typename Config::Pages;
  using Classes = SizeClasses<Geometry>;
  using Root = HeapRoot<Native>;

  constexpr explicit Heap(Pages pages) : pages_(pages) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Reserves address space, `range_bytes` of it if it can be had, less otherwise. False if nothing
  /// useful could be had. Call once, before anything else.
  bool open(std::size_t range_bytes = Geometry::kRangeBytes) {
    if (!reservation().open(range_bytes)) return false;
    arenas().open();
    for (auto& list : root_.lists) list.head = list.tail = kNone;
    return true;
  }

  /// Gives everything back. No operation may be under way, and none may follow but `open`.
  void close() {
    reservation().close();
    std::destroy_at(&root_);
    std::construct_at(&root_);
  }

  // ---- thread blocks ----

  /// A thread block for the calling thread, or 0 if none can be had. `system_thread` names it in
  /// reports. A diverted one has arrays of capacity zero: each operation goes to the pools.
  ThreadBlock attach(std::uint64_t system_thread, ThreadState state = ThreadState::live) {
    return registry().take(system_thread, state);
  }

  /// Hands everything the thread block holds back and makes it available to others.
  void detach(ThreadBlock thread) {
    hand_back_all(thread);
    registry().give(thread);
  }

  /// Hands back what the arrays and all shelves hold and the span the thread keeps, and leaves all
  /// pools; the thread block remains usable.
  void hand_back_all(ThreadBlock thread) {
    for (std::size_t i = 0; i < Classes::kCount; ++i) {
      const SizeClass size_class{static_cast<std::uint8_t>(i)};
      hand_back(thread, size_class, 0);
      leave_for_good(thread, size_class);
    }
    give_kept(thread);
    drain_shelves();
  }

  // ---- allocation ----

  /// The fast path of malloc: a block for `size` bytes from the thread's array, or null if that is
  /// empty (as all arrays of a diverted thread are) or the size is not looked up exactly.
  static void* try_allocate(ThreadBlock thread, std::size_t size) {
    if (size > Classes::kFineLimit) [[unlikely]]
      return nullptr;
    Address block;
    if (!BlockArray(thread, Classes::kArrayOfSize[size]).pop(block)) [[unlikely]]
      return nullptr;
    // A block is never at address 0; said, so that callers' tests for null cost nothing.
    if (block == 0) __builtin_unreachable();
    return pointer(block);
  }

  /// The same for any small size, with a few instructions more.
  static void* try_allocate_small(ThreadBlock thread, std::size_t size) {
    Address block;
    if (size > Classes::kSmallLimit || !BlockArray(thread, Classes::array_offset(size)).pop(block))
        [[unlikely]]
      return nullptr;
    return pointer(block);
  }

  /// How many blocks a refill for this size brings, if the array is empty: 1 for what has none.
  static unsigned refill_count(ThreadBlock thread, std::size_t size) {
    if (size > Classes::kSmallLimit) return 1;
    return std::max(BlockArray(thread, Classes::array_offset(size)).capacity(), 1u);
  }

  /// `size` bytes at a multiple of the geometry's alignment; null if memory cannot be had.
  void* allocate(ThreadBlock thread, std::size_t size) {
    if (void* block = try_allocate_small(thread, size)) return block;
    if (size > Classes::kSmallLimit)
      return allocate_span(thread, size, Geometry::kPoolBytes, false);
    const SizeClass size_class = Classes::class_of(size);
    void* block = refill(thread, size_class);
    if (block == nullptr && clear_out(thread)) block = refill(thread, size_class);
    return block;
  }

  /// The same, all bytes zero.
  void* allocate_zeroed(ThreadBlock thread, std::size_t size) {
    if (size > Classes::kSmallLimit) return allocate_span(thread, size, Geometry::kPoolBytes, true);
    void* block = allocate(thread, size);
    if (block != nullptr) std::memset(block, 0, size);
    return block;
  }

  /// `size` bytes at a multiple of `alignment`. Requires: a power of two.
  void* allocate_aligned(ThreadBlock thread, std::size_t alignment, std::size_t size) {
    if (alignment <= Geometry::kAlignment) return allocate(thread, size);
    const SizeClass size_class = Classes::class_of(size, alignment);
    if (size_class.value != kNoClass)
      return allocate(thread, Classes::facts(size_class).block_bytes);
    return allocate_span(thread, std::max(size, Classes::kSmallLimit + 1),
                         std::max(alignment, Geometry::kPoolBytes), false);
  }

  /// The fast path of free: true if the address is the beginning of a block and went to the
  /// thread's array; false, and nothing happened, if that is full or the address is anything else.
  bool try_free(ThreadBlock thread, Address at) {
    if (!tables().in_range(at)) [[unlikely]]
      return false;
    BlockArray array(thread, array_offset_at(at));
    return array.begins_block(tables().offset_in_pool(at)) && array.push(at);
  }

  /// Frees a block; null is ignored. A pointer that is no block of this heap ends in the fatal
  /// handler.
  void free(ThreadBlock thread, void* block) {
    if (!try_free(thread, reinterpret_cast<Address>(block))) free_declined(thread, block);
  }

  /// The same for a block that `try_free` most likely declines.
  void free_declined(ThreadBlock thread, void* block) {
    const Address at = reinterpret_cast<Address>(block);
    const SizeClass size_class = class_of_block(at);
    if (size_class.value != kNoClass)
      free_to_full_array(thread, at, size_class);
    else
      free_span(thread, at);
  }

  /// The fast path of realloc: true if the address is the beginning of a small block that holds
  /// `size` bytes and is not more than twice as large.
  bool fits_in_place(ThreadBlock thread, Address at, std::size_t size) const {
    if (!tables().in_range(at)) return false;
    const std::size_t line = tables().class_byte_at(at);
    const std::size_t block_bytes = Classes::kBlockBytesOfLine[line];
    return BlockArray(thread, line * kLineBytes).begins_block(tables().offset_in_pool(at)) &&
           is_well_used(size, block_bytes);
  }

  static bool is_well_used(std::size_t size, std::size_t block_bytes) {
    return size <= block_bytes && size * 2 >= block_bytes;
  }

  /// Makes a block hold `size` bytes: where it stands, by moving its pages, or by a copy. Null if
  /// memory cannot be had; the block is then as it was. Requires: block is not null.
  void* reallocate(ThreadBlock thread, void* block, std::size_t size) {
    const Address at = reinterpret_cast<Address>(block);
    if (fits_in_place(thread, at, size)) return block;
    const std::size_t usable = usable_at(at, "realloc");
    const bool was_small = usable <= Classes::kSmallLimit, is_small = size <= Classes::kSmallLimit;
    if (was_small && is_small &&
        (Classes::class_of(size) == class_at(at) || is_well_used(size, usable)))
      return block;
    if (!was_small && !is_small) return reallocate_span(thread, block, usable, size);
    return copy_to_new(thread, block, std::min(usable, size), size);
  }

  /// What may be used at a block, in bytes. A pointer that is no block ends in the fatal handler.
  std::size_t usable_size(const void* block) {
    return usable_at(reinterpret_cast<Address>(block), "malloc_usable_size");
  }

  /// Whether an address, any 64-bit value, lies in memory this heap hands blocks out from. Never
  /// reads at it.
  bool owns(const void* address) const { return tables().owns(reinterpret_cast<Address>(address)); }

  /// Gives all pages nobody uses back to the system, after the thread handed back what it holds.
  bool trim(ThreadBlock thread) {
    hand_back_all(thread);
    LockGuard guard(root_.range_lock);
    return arenas().purge(0);
  }

  /// A stretch that malloc hands out as one block of a pool, whether it is handed out now or not.
  struct SmallBlock {
    Address begin = 0;
    std::uint32_t bytes = 0;
    std::uint32_t pool = 0;
    std::uint32_t index = 0;  ///< in its pool
  };

  /// The small block an address, any 64-bit value, lies in; false if it lies in no pool of a class.
  /// Never reads at it.
  bool find_small(Address at, SmallBlock& block) const {
    if (!tables().in_range(at)) return false;
    const SizeClass size_class = class_at(at);
    if (size_class.value == kNoClass) return false;
    const ClassFacts& facts = Classes::facts(size_class);
    const std::uint32_t offset = tables().offset_in_pool(at);
    block.pool = tables().pool_of(at).value;
    block.index = static_cast<std::uint32_t>((std::uint64_t{offset} * facts.reciprocal) >> 32);
    block.bytes = facts.block_bytes;
    block.begin = at - offset + Address{block.index} * block.bytes;
    return block.index < facts.capacity;
  }

  /// The pool an address lies in. Requires: the heap owns the address.
  std::uint32_t pool_number(Address at) const { return tables().pool_of(at).value; }

  const Root& root() const { return root_; }
  Root& root() { return root_; }

  // ---- fork and audit ----

  /// Stops every change of lists, and every thread that comes or goes. Threads may still take from
  /// and give back to bitmaps.
  void lock_all() {
    lock(root_.thread_lock);
    for (auto& list : root_.lists) lock(list.lock);
    lock(root_.range_lock);
  }

  void unlock_all() {
    unlock(root_.range_lock);
    for (auto& list : root_.lists) unlock(list.lock);
    unlock(root_.thread_lock);
  }

  /// In a forked child, after its parent's `lock_all`: frees the locks and adopts what the threads
  /// held that were left behind. `own`: the calling thread's block, or 0.
  void after_fork_in_child(ThreadBlock own) {
    reset(root_.range_lock);
    for (auto& list : root_.lists) reset(list.lock);
    reset(root_.thread_lock);
    const std::uint32_t used = root_.threads_used.load(std::memory_order_relaxed);
    bool adopted = false;
    for (std::uint32_t i = 0; i < used; ++i) {
      const ThreadBlock thread = registry().block(i);
      if (thread == own || registry().state_of(i) != ThreadState::live) continue;
      detach(thread);
      adopted = true;
    }
    if (!adopted) return;
    relist_forgotten();
    give_forgotten(own);
  }

 private:
  /// From here on moving pages beats copying them.
  static constexpr std::size_t kMoveBytes = 256 << 10;

  static void* pointer(Address at) { return reinterpret_cast<void*>(at); }

  Tables<Geometry> tables() const { return Tables<Geometry>(root_); }
  Reservation<Geometry, Pages> reservation() { return {root_, pages_}; }
  Arenas<Geometry, Pages> arenas() { return {root_, pages_}; }
  Spans<Geometry, Pages> spans() { return {root_, pages_}; }
  ThreadRegistry<Geometry, Pages> registry() { return {root_, pages_}; }

  static BlockArray array_of(ThreadBlock thread, SizeClass size_class) {
    return {thread, Classes::facts(size_class).first_line * kLineBytes};
  }
  static std::uint32_t& attached(ThreadBlock thread, SizeClass size_class) {
    return attached_pool(thread, ThreadLayout<Geometry>::kAttachedOffset, size_class);
  }
  std::size_t array_offset_at(Address at) const { return tables().class_byte_at(at) * kLineBytes; }
  /// The class whose pool the address lies in, or kNoClass. Requires: it lies in the range.
  SizeClass class_at(Address at) const {
    return SizeClass{Classes::kClassOfLine[array_offset_at(at) / kLineBytes]};
  }
  /// The class of the small block that begins at any address; kNoClass if none does.
  SizeClass class_of_block(Address at) const {
    if (!tables().owns(at)) return SizeClass{kNoClass};
    const SizeClass size_class = class_at(at);
    return size_class.value != kNoClass &&
                   tables().offset_in_pool(at) % Classes::facts(size_class).block_bytes == 0
               ? size_class
               : SizeClass{kNoClass};
  }
  FreeBitmap bitmap(PoolIndex pool, SizeClass size_class) const {
    return {tables().bitmap(pool), Classes::facts(size_class).capacity};
  }

  // ---- refill ----

  /// Fills the empty array of a class and returns one block more; null if memory cannot be had.
  [[gnu::noinline]] void* refill(ThreadBlock thread, SizeClass size_class) {
    BlockArray array = array_of(thread, size_class);
    const bool own = wants_own_pool(thread, size_class);
    const unsigned wanted = next_fill(thread, size_class);
    if (void* block = refill_from_shelf(array, size_class, wanted)) return block;
    const unsigned lowest = own ? take_from_own(thread, size_class, array, wanted)
                                : take_from_listed(size_class, array, wanted);
    const unsigned count = wanted - lowest;
    if (count == 0) return nullptr;
    if (lowest > 0)
      for (unsigned i = 0; i < count; ++i) array.set_slot(i, array.slot(lowest + i));
    const Address first = array.slot(count - 1);
    array.set_count(count - 1);
    return pointer(first);
  }

  /// A thread takes a pool for itself when its array has reached its length. Until then it shares
  /// the listed pools with all others: of a class that it uses little it keeps no page to itself.
  static bool wants_own_pool(ThreadBlock thread, SizeClass size_class) {
    return array_of(thread, size_class).capacity() == Classes::facts(size_class).slots ||
           is_diverted(thread);
  }

  /// Fills slots from `wanted` down, so that the lowest address is handed out first and the next
  /// lowest popped first. Returns the lowest slot filled.
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

  /// How many blocks share a line and begin and end it; 1 if none do.
  static unsigned blocks_of_line(SizeClass size_class) {
    const std::uint32_t block_bytes = Classes::facts(size_class).block_bytes;
    return kLineBytes % block_bytes == 0 ? static_cast<unsigned>(kLineBytes / block_bytes) : 1;
  }

  void* refill_from_shelf(BlockArray array, SizeClass size_class, unsigned wanted) {
    Shelf<Geometry> shelf(root_, size_class);
    if (!shelf.may_hold_blocks()) {
      shelf.note_missed(wanted);
      return nullptr;
    }
    unsigned count = 0;
    {
      LockGuard guard(root_.lists[size_class.value].lock);
      count = shelf.take(array.free_slots(), wanted);
    }
    if (count == 0) return nullptr;
    array.set_count(count - 1);
    return pointer(array.slot(count - 1));
  }

  /// How many blocks to take: as many as there was room for, and none to spare for a diverted
  /// thread.
  static unsigned next_fill(ThreadBlock thread, SizeClass size_class) {
    BlockArray array = array_of(thread, size_class);
    if (array.capacity() == 0) grow(thread, size_class);
    const unsigned wanted = array.capacity();
    grow(thread, size_class);
    return std::max(wanted, 1u);
  }

  /// An array starts with no room and grows with use: each refill doubles its capacity, and so does
  /// each block more than it has room for. A diverted thread's stays at zero.
  static void grow(ThreadBlock thread, SizeClass size_class) {
    // Blocks of a few lines at first, so that threads do not write to one line.
    constexpr unsigned kFirstBytes = 256, kLeast = 1, kMost = 8;
    if (is_diverted(thread)) return;
    BlockArray array = array_of(thread, size_class);
    const ClassFacts& facts = Classes::facts(size_class);
    const unsigned first = std::clamp(kFirstBytes / facts.block_bytes, kLeast, kMost);
    if (array.capacity() == 0) {
      array.set_reciprocal(facts.reciprocal);
      thread_header(thread).straight_left = 0;
    }
    array.set_capacity(std::min<unsigned>(facts.slots, std::max(2 * array.capacity(), first)));
  }

  static bool is_diverted(ThreadBlock thread) {
    return thread_header(thread).state.load(std::memory_order_relaxed) == ThreadState::diverted;
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

  // ---- hand-back ----

  /// Hands the youngest entries back until `keep` remain. They leave the array before they enter a
  /// bitmap, so that no block is ever in both.
  void hand_back(ThreadBlock thread, SizeClass size_class, unsigned keep) {
    BlockArray array = array_of(thread, size_class);
    const unsigned count = array.count_seen();
    if (count <= keep) return;
    array.set_count(keep);
    give_back(array.slots() + keep, count - keep, size_class);
  }

  /// Hands the youngest entries of a full array back: most of them if the shelf has room, since
  /// they are easily had again; else half of them, to the bitmaps.
  void hand_back_some(ThreadBlock thread, SizeClass size_class) {
    // Arrays have a whole number of lines, less one slot: what goes is a multiple of eight.
    constexpr unsigned kKept = 7;
    const unsigned slots = Classes::facts(size_class).slots;
    if (shelve(thread, size_class, std::min(slots / 2, kKept))) return;
    hand_back(thread, size_class, slots / 2);
    if (Shelf<Geometry>(root_, size_class).note_passed(slots - slots / 2)) drain_shelf(size_class);
  }

  bool shelve(ThreadBlock thread, SizeClass size_class, unsigned keep) {
    BlockArray array = array_of(thread, size_class);
    const unsigned count = array.count() - keep;
    Shelf<Geometry> shelf(root_, size_class);
    if (!shelf.has_room(count)) return false;
    LockGuard guard(root_.lists[size_class.value].lock);
    if (!shelf.has_room(count) || !open_shelves()) return false;
    array.set_count(keep);
    shelf.put(array.slots() + keep, count);
    return true;
  }

  /// A class lock is held.
  bool open_shelves() {
    // Relaxed: it changes once, under the range lock, which whoever sees it late will take.
    if (root_.shelves.committed.load(std::memory_order_relaxed) != 0) [[likely]]
      return true;
    LockGuard guard(root_.range_lock);
    return reservation().commit_shelves();
  }

  /// For want of memory: shelves and the thread's arrays may hold all that keeps some pools from
  /// being free. True if that freed one.
  bool clear_out(ThreadBlock thread) {
    const std::uint32_t used = used_pools();
    hand_back_all(thread);
    return used_pools() < used;
  }

  std::uint32_t used_pools() {
    LockGuard guard(root_.range_lock);
    return root_.used_pools;
  }

  /// Hands all blocks of all shelves back to the bitmaps.
  void drain_shelves() {
    for (std::size_t i = 0; i < Classes::kCount; ++i)
      drain_shelf(SizeClass{static_cast<std::uint8_t>(i)});
  }

  void drain_shelf(SizeClass size_class) {
    Shelf<Geometry> shelf(root_, size_class);
    while (shelf.may_hold_blocks()) {
      std::uint64_t blocks[64];
      unsigned count = 0;
      {
        LockGuard guard(root_.lists[size_class.value].lock);
        count = shelf.take(blocks, 64);
      }
      give_back(blocks, count, size_class);
    }
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

  /// The same for one block, without a table.
  void give_one(Address at, SizeClass size_class) {
    const auto [word, bit] =
        bit_of(at - root_.range.address, Classes::facts(size_class).reciprocal);
    give_word(word, bit, size_class);
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

  /// Nor does one that was between keeping a span and writing that down.
  void give_forgotten(ThreadBlock own) {
    const std::uint32_t kept =
        own == 0 ? 0 : thread_header(own).kept_span.load(std::memory_order_relaxed);
    const std::uint32_t pools = tables().arena_count() * kArenaPools;
    LockGuard guard(root_.range_lock);
    for (std::uint32_t i = 0; i < pools; ++i)
      if (i + 1 != kept &&
          tables().pool(PoolIndex{i}).state.load(std::memory_order_relaxed) == PoolState::kept)
        spans().give(PoolIndex{i});
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

  // ---- free, off the fast path ----

  [[gnu::noinline]] void free_to_full_array(ThreadBlock thread, Address at, SizeClass size_class) {
    BlockArray array = array_of(thread, size_class);
    if (array.push(at)) [[unlikely]]
      return;
    if (heap_shrank(thread)) [[unlikely]]
      shrink(thread);
    const unsigned capacity = array.capacity();
    if (capacity == 0) {
      // The first block of its class that this thread sees is another thread's: it goes home, or
      // the two would write to neighbouring blocks, in one cache line, from now on. So does any
      // while the heap shrinks.
      if (!goes_straight(thread)) grow(thread, size_class);
      return give_one(at, size_class);
    }
    if (capacity < Classes::facts(size_class).slots)
      grow(thread, size_class);
    else
      hand_back_some(thread, size_class);
    array.push(at);
  }

  /// Hands all back and leaves no room in the arrays: what stood there would keep a pool each from
  /// becoming empty. An array gets room again when blocks of its class are asked for, or when so
  /// many were freed that the heap does not shrink any more.
  [[gnu::noinline]] void shrink(ThreadBlock thread) {
    constexpr std::uint64_t kStraight = 1 << 16;
    if (is_diverted(thread)) return;
    hand_back_all(thread);
    for (std::size_t i = 0; i < Classes::kCount; ++i) {
      BlockArray array = array_of(thread, SizeClass{static_cast<std::uint8_t>(i)});
      if (array.capacity() != 0) array.set_capacity(0);
    }
    thread_header(thread).straight_left = kStraight;
  }

  static bool goes_straight(ThreadBlock thread) {
    std::uint64_t& left = thread_header(thread).straight_left;
    if (left == 0) return false;
    --left;
    return true;
  }

  /// Whether pages went back since the thread last handed back all it held.
  bool heap_shrank(ThreadBlock thread) {
    // Relaxed: late news is good enough.
    const std::uint64_t decommits = root_.decommits.load(std::memory_order_relaxed);
    std::uint64_t& seen = thread_header(thread).decommits_seen;
    return std::exchange(seen, decommits) != decommits;
  }

  [[gnu::noinline]] void free_span(ThreadBlock thread, Address at) {
    if (at == 0) return;
    if (!is_span(at)) bad_pointer("free", at);
    const PoolIndex pool = tables().pool_of(at);
    if (is_worth_keeping(tables().pool(pool).span_pools) && !is_diverted(thread))
      return keep(thread, pool);
    LockGuard guard(root_.range_lock);
    spans().give(pool);
  }

  bool is_span(Address at) const {
    return tables().owns(at) && tables().offset_in_pool(at) == 0 && array_offset_at(at) == 0 &&
           tables().pool(tables().pool_of(at)).state.load(std::memory_order_relaxed) ==
               PoolState::span;
  }

  // ---- the span a thread keeps ----
  //
  // The one it freed last, if that is not large beside the heap: a buffer that comes and goes then
  // needs no lock and no search. Nobody else looks at it until it is given back.

  bool is_worth_keeping(std::uint32_t pools) const {
    constexpr std::uint32_t kShare = 16;
    return pools <= Geometry::kKeptSpanPools &&
           pools <= tables().arena_count() * (kArenaPools / kShare);
  }

  void keep(ThreadBlock thread, PoolIndex pool) {
    give_kept(thread);
    // Relaxed, both: an audit that meets one without the other looks again, and a forked child
    // gives back what no thread keeps.
    tables().pool(pool).state.store(PoolState::kept, std::memory_order_relaxed);
    thread_header(thread).kept_span.store(pool.value + 1, std::memory_order_relaxed);
  }

  void give_kept(ThreadBlock thread) {
    auto& kept = thread_header(thread).kept_span;
    const std::uint32_t pool = kept.load(std::memory_order_relaxed);
    if (pool == 0) return;
    LockGuard guard(root_.range_lock);
    kept.store(0, std::memory_order_relaxed);
    spans().give(PoolIndex{pool - 1});
  }

  /// The span the thread keeps, made one of `size` bytes; null if it has another number of pools.
  void* take_kept(ThreadBlock thread, std::size_t size) {
    auto& kept = thread_header(thread).kept_span;
    const std::uint32_t pool = kept.load(std::memory_order_relaxed);
    if (pool == 0) return nullptr;
    const PoolIndex first{pool - 1};
    PoolDescriptor<Native>& descriptor = tables().pool(first);
    if (descriptor.span_pools != spans().pools_for(size)) return nullptr;
    kept.store(0, std::memory_order_relaxed);
    descriptor.span_bytes = round_up(size, Geometry::kPageBytes);
    // Relaxed: a thread that is given the span's address synchronises with its owner anyway.
    descriptor.state.store(PoolState::span, std::memory_order_relaxed);
    return pointer(tables().pool_address(first));
  }

  // ---- spans ----

  using SpanTaken = typename Spans<Geometry, Pages>::Taken;

  SpanTaken take_span(std::size_t size, std::size_t alignment) {
    LockGuard guard(root_.range_lock);
    return spans().take(size, alignment);
  }

  /// A second time after the thread gave back what it held, if the first finds none.
  SpanTaken take_span_or_clear_out(ThreadBlock thread, std::size_t size, std::size_t alignment) {
    const SpanTaken taken = take_span(size, alignment);
    return taken.first.value == kNone && clear_out(thread) ? take_span(size, alignment) : taken;
  }

  void* allocate_span(ThreadBlock thread, std::size_t size, std::size_t alignment, bool zeroed) {
    if (size > root_.range.bytes) return nullptr;
    if (alignment <= Geometry::kPoolBytes)
      if (void* kept = take_kept(thread, size)) {
        if (zeroed) std::memset(kept, 0, size);
        return kept;
      }
    const SpanTaken taken = take_span_or_clear_out(thread, size, alignment);
    if (taken.first.value == kNone) return nullptr;
    if (zeroed) spans().clear(taken, size);
    return pointer(tables().pool_address(taken.first));
  }

  void* reallocate_span(ThreadBlock thread, void* block, std::size_t usable, std::size_t size) {
    if (size > root_.range.bytes) return nullptr;
    const PoolIndex pool = tables().pool_of(reinterpret_cast<Address>(block));
    {
      LockGuard guard(root_.range_lock);
      if (spans().resize(pool, size)) return block;
    }
    if (usable < kMoveBytes) return copy_to_new(thread, block, std::min(usable, size), size);
    const SpanTaken taken = take_span_or_clear_out(thread, size, Geometry::kPoolBytes);
    if (taken.first.value == kNone) return nullptr;
    const Address from = reinterpret_cast<Address>(block);
    const Address to = tables().pool_address(taken.first);
    if (!move_pages(taken, from, to, usable)) {
      std::memcpy(pointer(to), block, usable);
      free_span(thread, from);
    }
    return pointer(to);
  }

  /// Moves a span's pages and frees it. False if the system refuses, or if the new place is mostly
  /// touched already: a copy then costs less than the faults that follow, for the pages there would
  /// be lost and those that move away missing where the next span is taken.
  bool move_pages(const SpanTaken& taken, Address from, Address to, std::size_t bytes) {
    if (taken.dirty * Geometry::kPoolBytes * 2 > bytes) return false;
    LockGuard guard(root_.range_lock);
    if (!pages_.move(from, to, bytes)) return false;
    spans().give(tables().pool_of(from), bytes);
    return true;
  }

  void* copy_to_new(ThreadBlock thread, void* block, std::size_t bytes, std::size_t size) {
    void* moved = allocate(thread, size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, bytes);
    free(thread, block);
    return moved;
  }

  // ---- callers' mistakes ----

  std::size_t usable_at(Address at, const char* operation) {
    const SizeClass size_class = class_of_block(at);
    if (size_class.value != kNoClass) return Classes::facts(size_class).block_bytes;
    if (is_span(at)) return tables().pool(tables().pool_of(at)).span_bytes;
    bad_pointer(operation, at);
  }

  [[noreturn, gnu::cold, gnu::noinline]] void bad_pointer(const char* operation, Address at) {
    Text<256> line;
    line << operation << "(" << Hex{at} << "): ";
    describe(at, line);
    fatal(line.c_str());
  }

  void describe(Address at, Text<256>& line) {
    if (!tables().owns(at)) {
      line << "foreign pointer: this heap never handed out that address";
      return;
    }
    const PoolIndex pool = tables().pool_of(at);
    const SizeClass size_class = class_at(at);
    if (size_class.value != kNoClass) {
      const std::uint32_t bytes = Classes::facts(size_class).block_bytes;
      const std::uint32_t inside = tables().offset_in_pool(at) % bytes;
      line << "interior pointer: " << inside << " bytes into the block of " << bytes << " bytes at "
           << Hex{at - inside};
      return;
    }
    // The inner pools of a span keep whatever their descriptors held: the arena is what knows.
    LockGuard guard(root_.range_lock);
    const std::uint64_t free_pools =
        tables().arena(ArenaIndex{pool.value / kArenaPools}).free_pools;
    const bool free = (free_pools >> (pool.value % kArenaPools) & 1) != 0 ||
                      tables().pool(pool).state.load(std::memory_order_relaxed) == PoolState::kept;
    line << (free ? "double free or wild pointer: no block is in use there"
                  : "interior pointer: inside a span");
  }

  [[noreturn, gnu::cold, gnu::noinline]] void bad_hand_back(Address block, bool free_already) {
    Text<256> line;
    line << "free(" << Hex{block} << "): "
         << (free_already ? "double free: the block is free already"
                          : "wild pointer: behind the last block of its pool");
    fatal(line.c_str());
  }

  // The root comes first: the ELF note points at the heap object of the process.
  Root root_{};
  [[no_unique_address]] Pages pages_;
};

}  // namespace arenite
