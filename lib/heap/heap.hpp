// SPDX-License-Identifier: MIT
// A heap: the only composer of pools, arenas, spans and thread blocks. Any number may live in one
// process; `close` destroys one whole, with all its blocks.
//
// Every operation names the thread block it works with. Different thread blocks may be used at the
// same time; one thread block by one thread at a time. Blocks may be freed through any of them.
//
// Three layers, each on the one before: the pools of each class (class_pools.hpp); the arrays of
// each thread (thread_arrays.hpp); and here what is done with a block: malloc pops the thread's
// array of the class, free pushes, and either goes down a layer only when the array is empty or
// full. Spans have a layer of their own (span/spans.hpp, kept_span.hpp). Locks, in this order:
// thread lock, class locks, range lock.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/contract.hpp"
#include "base/text.hpp"
#include "heap/kept_span.hpp"
#include "heap/thread_arrays.hpp"
#include "os/lock.hpp"

namespace arenite {

template <class Config>
class Heap : public ThreadArrays<Config> {
  using Arrays = ThreadArrays<Config>;
  using Arrays::arenas;
  using Arrays::array_of;
  using Arrays::array_offset_at;
  using Arrays::class_at;
  using Arrays::drain_shelves;
  using Arrays::give_emptied_pages;
  using Arrays::give_one;
  using Arrays::grow;
  using Arrays::hand_back;
  using Arrays::hand_back_some;
  using Arrays::leave_behind;
  using Arrays::leave_for_good;
  using Arrays::listed_pools;
  using Arrays::pages_;
  using Arrays::pointer;
  using Arrays::refill;
  using Arrays::registry;
  using Arrays::relist_forgotten;
  using Arrays::reservation;
  using Arrays::root_;
  using Arrays::spans;
  using Arrays::tables;

 public:
  using typename Arrays::Classes;
  using typename Arrays::Geometry;
  using typename Arrays::Pages;

  using Arrays::Arrays;

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

  /// Hands everything the thread block holds back and makes it available to others. Blocks may go
  /// to the shelves, where the next thread finds them; but not while the heap shrinks, and who
  /// leaves last clears them.
  void detach(ThreadBlock thread) {
    if (heap_shrank(thread)) {
      hand_back_all(thread);
    } else {
      for (std::size_t i = 0; i < Classes::kCount; ++i) {
        const SizeClass size_class{static_cast<std::uint8_t>(i)};
        leave_behind(thread, size_class);
        leave_for_good(thread, size_class);
      }
      kept_span(thread).give();
    }
    if (registry().give(thread)) drain_shelves();
  }

  /// Hands back what the arrays and all shelves hold and the span the thread keeps, and leaves all
  /// pools; the thread block remains usable.
  void hand_back_all(ThreadBlock thread) {
    for (std::size_t i = 0; i < Classes::kCount; ++i) {
      const SizeClass size_class{static_cast<std::uint8_t>(i)};
      hand_back(thread, size_class, 0);
      leave_for_good(thread, size_class);
    }
    kept_span(thread).give();
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

  /// The fast path for a large size: the span the thread keeps, or null if it keeps none of as many
  /// pools, as a diverted thread never does.
  void* try_allocate_span(ThreadBlock thread, std::size_t size) {
    return size > Classes::kSmallLimit ? kept_span(thread).take(size) : nullptr;
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
    if (block != nullptr) return block;
    // No pool may become free, and yet what stood on the other shelf be what is asked for.
    const bool freed_one = clear_out(thread);
    return freed_one || listed_pools(size_class) > 0 ? refill(thread, size_class) : nullptr;
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
    return push_block(BlockArray(thread, array_offset_at(at)), at);
  }

  /// The same for a block that was asked for with this size; also false where the block's pool is
  /// of another class than the size says. The array follows from the size, and the class byte is
  /// only compared, so that the next malloc does not wait for it (lib/adr/022-sized-delete.md).
  /// Requires: size <= kFineLimit; larger ones have no entry each in the table of arrays.
  bool try_free_sized(ThreadBlock thread, Address at, std::size_t size) {
    if (!tables().in_range(at)) [[unlikely]]
      return false;
    std::size_t offset = Classes::kArrayOfSize[size];
    if (array_offset_at(at) != offset) [[unlikely]]
      return false;
    // They are the same number now; but a compiler must not take the one that is known later.
    asm("" : "+r"(offset));
    return push_block(BlockArray(thread, offset), at);
  }

  /// Frees a block; null is ignored. A pointer that is no block of this heap ends in the fatal
  /// handler.
  void free(ThreadBlock thread, void* block) {
    if (!try_free(thread, reinterpret_cast<Address>(block))) free_declined(thread, block);
  }

  /// The same with the size that was asked for; any other costs time, no more.
  void free_sized(ThreadBlock thread, void* block, std::size_t size) {
    const Address at = reinterpret_cast<Address>(block);
    if (size > Classes::kFineLimit) return free(thread, block);
    if (!try_free_sized(thread, at, size)) free_declined(thread, block);
  }

  /// The same for a block that `try_free` most likely declines.
  void free_declined(ThreadBlock thread, void* block) {
    const Address at = reinterpret_cast<Address>(block);
    if (!tables().owns(at)) [[unlikely]]
      return free_foreign(at);
    if (tables().class_byte_at(at) == 0) return free_span(thread, at);
    const SizeClass size_class = class_at(at);
    if (!begins_block(at, size_class)) [[unlikely]]
      bad_pointer("free", at);
    free_to_full_array(thread, at, size_class);
  }

  /// The fast path of realloc: true if the address is the beginning of a small block that holds
  /// `size` bytes, and would not waste more than a quarter of itself.
  bool fits_in_place(ThreadBlock thread, Address at, std::size_t size) const {
    if (!tables().in_range(at)) return false;
    const std::size_t line = tables().class_byte_at(at);
    const std::size_t block_bytes = Classes::kBlockBytesOfLine[line];
    return BlockArray(thread, line * kLineBytes).begins_block(tables().offset_in_pool(at)) &&
           is_well_used(size, block_bytes);
  }

  // What CPython's own allocator asks of a block that is to shrink where it stands, too.
  static bool is_well_used(std::size_t size, std::size_t block_bytes) {
    return size <= block_bytes && size * 4 >= block_bytes * 3;
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

  /// Gives all pages nobody uses back to the system, after the thread handed back what it holds:
  /// those of free pools, and in other pools those between blocks. Returns whether there were any;
  /// of those between blocks it is not known whether they went back before.
  bool trim(ThreadBlock thread) {
    hand_back_all(thread);
    bool any = false;
    for (std::size_t i = 0; i < Classes::kCount; ++i)
      any |= give_emptied_pages(thread, SizeClass{static_cast<std::uint8_t>(i)});
    LockGuard guard(root_.range_lock);
    return arenas().purge(0) || any;
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

  KeptSpan<Geometry, Pages> kept_span(ThreadBlock thread) { return {root_, pages_, thread}; }

  /// Requires: the address lies in a pool of the class.
  bool begins_block(Address at, SizeClass size_class) const {
    return tables().offset_in_pool(at) % Classes::facts(size_class).block_bytes == 0;
  }

  /// Requires: the heap owns the address, and it lies in no pool of a class.
  bool begins_span(Address at) const {
    return tables().offset_in_pool(at) == 0 &&
           tables().pool(tables().pool_of(at)).state.load(std::memory_order_relaxed) ==
               PoolState::span;
  }

  // ---- want of memory, and forks ----

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

  /// A thread that was between keeping a span and writing that down does not exist in a forked
  /// child.
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

  // ---- free ----

  /// False, and nothing happened, if the address is not the beginning of a block of the array's
  /// class, or there is no room. Requires: it lies in a pool of that class.
  bool push_block(BlockArray array, Address at) {
    if (!array.begins_block(tables().offset_in_pool(at))) [[unlikely]]
      return false;
    return array.push(at);
  }

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

  /// Of what lies outside: null is ignored, all else is a mistake.
  [[gnu::cold, gnu::noinline]] void free_foreign(Address at) {
    if (at != 0) bad_pointer("free", at);
  }

  /// Requires: the heap owns the address, and it lies in no pool of a class.
  [[gnu::noinline]] void free_span(ThreadBlock thread, Address at) {
    if (!begins_span(at)) [[unlikely]]
      bad_pointer("free", at);
    const PoolIndex pool = tables().pool_of(at);
    if (!kept_span(thread).keep(pool)) [[unlikely]]
      give_span(pool);
  }

  [[gnu::noinline]] void give_span(PoolIndex pool) {
    LockGuard guard(root_.range_lock);
    spans().give(pool);
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
      if (void* kept = kept_span(thread).take(size)) {
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
    if (!tables().owns(at)) bad_pointer(operation, at);
    const SizeClass size_class = class_at(at);
    if (size_class.value == kNoClass) {
      if (begins_span(at)) return tables().pool(tables().pool_of(at)).span_bytes;
    } else if (begins_block(at, size_class)) {
      return Classes::facts(size_class).block_bytes;
    }
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
};

}  // namespace arenite
