// SPDX-License-Identifier: MIT
// The guard heap of debug mode: blocks of an ordinary heap with guard bytes before and behind what
// the program asked for, exact to the byte; freed ones poisoned and kept in quarantine; a record of
// each, out of line. Every operation from any thread; each names the batch its thread gathers freed
// blocks in.
//
//   heap's block:  | head guard | requested bytes | tail guard and what rounding left |
#pragma once

#include <algorithm>
#include <cstring>

#include "base/bits.hpp"
#include "debug/fill/fill.hpp"
#include "debug/guard/damage.hpp"
#include "debug/guard/debug_root.hpp"
#include "debug/guard/quarantine.hpp"
#include "debug/guard/side_table.hpp"

namespace arenite {

struct GuardSettings {
  std::size_t guard_bytes = 16;  ///< on each side, a multiple of 16
  std::uint64_t guard_key = 0;   ///< of the GuardPattern
  bool fill_fresh = true;
  bool fill_freed = true;
  std::size_t quarantine_bytes = std::size_t{32} << 20;
};

/// Who allocates or frees.
struct Actor {
  ThreadNumber thread = 0;
  StackId stack = 0;
};

struct Birth {
  std::size_t size = 0;
  std::size_t alignment = 0;  ///< a power of two; 0 if none was asked for
  Family family = Family::malloc;
  bool zeroed = false;
  bool leak_ignored = false;
  std::uint64_t serial = 0;
  Actor actor;
};

struct Death {
  Family family = Family::malloc;
  std::size_t size = kUnsaid;       ///< what the caller says
  std::size_t alignment = kUnsaid;  ///< likewise
  Actor actor;
};

/// Whether a block of one family may be given back through an entry point of another.
constexpr bool belong_together(Family allocated, Family released) {
  const auto kind = [](Family family) {
    return family == Family::aligned ? Family::malloc : family;
  };
  return kind(allocated) == kind(released);
}

template <BlockSource Source>
class GuardHeap {
 public:
  using Table = SideTable<Source>;

  constexpr GuardHeap(Source source, DamageSink sink) : source_(source), sink_(sink) {}
  GuardHeap(const GuardHeap&) = delete;
  GuardHeap& operator=(const GuardHeap&) = delete;

  /// False if memory for the tables cannot be had.
  bool open(const GuardSettings& settings) {
    settings_ = settings;
    head_ = HeadCode::head_for(settings.guard_bytes, 16);
    head_code_ = HeadCode::encode(head_);
    pattern_ = GuardPattern(settings.guard_key);
    return table_.open(source_) && quarantine_.open(settings.quarantine_bytes, Table::kLeastBytes);
  }
  void close() {
    quarantine_.close();
    table_.close(source_);
  }

  /// The requested bytes of a new block, or null. `who()` says who allocates, instead of the birth:
  /// called when the block is known, so that finding out takes the time that memory takes to come.
  template <class Who>
  [[gnu::always_inline]] void* allocate(const Birth& birth, Who who) {
    if (birth.size > kMostBytes) return nullptr;
    if (birth.alignment > Source::kAlignment) [[unlikely]]
      return allocate_aligned(birth, who());
    const std::size_t rest = std::max(head_ + settings_.guard_bytes, Table::kLeastBytes);
    const bool zeroed_by_heap = birth.zeroed && birth.size > kLargeBytes;
    void* outer = zeroed_by_heap ? source_.allocate_zeroed(rest + birth.size)
                                 : source_.allocate(rest + birth.size);
    if (outer == nullptr) [[unlikely]]
      return nullptr;
    return dress(outer, head_, head_code_, birth, zeroed_by_heap, who);
  }
  void* allocate(const Birth& birth) {
    return allocate(birth, [&] { return birth.actor; });
  }

  /// Checks the block and takes it into quarantine. What is no live block of this heap is told to
  /// the sink, and nothing happens to it. `who()` as in `allocate`.
  template <class Who>
  [[gnu::always_inline]] void free(void* block, Death death, QuarantineBatch& batch, Who who) {
    const Address at = reinterpret_cast<Address>(block);
    typename Table::Outer outer;
    const bool found = table_.find(source_, at, outer);
    if (found) [[likely]]
      fetch_ends(outer);
    death.actor = who();
    if (!is_live(found, at, outer, death)) return;
    SideRecord& record = *outer.record;
    // Acquire: pairs with the release of whoever allocated it. Of two that free it one is first.
    SideState expected = SideState::live;
    if (!record.state.compare_exchange_strong(expected, SideState::freeing,
                                              std::memory_order_acquire))
      return tell(Fault::double_free, at, outer, Moment::release, death);
    record.freed.store(death.actor.stack, std::memory_order_relaxed);
    record.freed_by.store(recorded_thread(death.actor.thread), std::memory_order_relaxed);
    check_release(outer, death);
    const Extent bytes{at, at + record.size.load(std::memory_order_relaxed)};
    if (!guards_intact(outer, bytes)) [[unlikely]]
      check_guards(outer, at, Moment::release, death);
    if (is_poisoned(outer)) fill(bytes, kFreedByte);
    // Release: pairs with the acquires of those who check the poison.
    record.state.store(SideState::freed, std::memory_order_release);
    batch.add({at, outer.end - outer.begin});
    if (batch.left < batch.leaving_count) [[likely]]
      let_go(batch);
    if (batch.full()) [[unlikely]]
      hand_over(batch);
  }
  void free(void* block, const Death& death, QuarantineBatch& batch) {
    free(block, death, batch, [&] { return death.actor; });
  }

  /// Hands over what a thread has gathered; what leaves for it may wait in the batch.
  [[gnu::noinline]] void hand_over(QuarantineBatch& batch) {
    while (batch.left < batch.leaving_count) let_go(batch);
    quarantine_.take_in(batch, [this](QuarantineEntry entry) { release(entry.block()); });
    const unsigned ahead = std::min(kAhead, batch.leaving_count);
    for (unsigned i = 0; i < ahead; ++i) fetch_ahead(batch.leaving[i].block());
  }

  /// The same, and the batch is empty afterwards: its thread may end.
  void empty(QuarantineBatch& batch) {
    hand_over(batch);
    while (batch.left < batch.leaving_count) let_go(batch);
  }

  /// Lets everything out of quarantine, checking it.
  void drain() {
    quarantine_.drain([this](QuarantineEntry entry) { release(entry.block()); });
  }

  /// Whether the address, any 64-bit value, lies in a block of this heap, live or freed, guards
  /// included. Signal-safe.
  bool find(Address at, BlockFacts& facts) const {
    typename Table::Outer outer;
    return table_.find(source_, at, outer) && describe(outer, facts);
  }

  /// Whether this heap knows the pointer as the beginning of what it handed out, live or freed.
  bool knows(Address at) const {
    typename Table::Outer outer;
    // Relaxed: nothing else is read.
    return table_.find(source_, at, outer) &&
           outer.record->state.load(std::memory_order_relaxed) != SideState::none;
  }

  /// What the program asked for; false if no live block begins there.
  bool requested_size(Address at, std::size_t& size) const {
    typename Table::Outer outer;
    if (!table_.find(source_, at, outer) || begin_of(outer) != at ||
        outer.record->state.load(std::memory_order_acquire) != SideState::live)
      return false;
    size = outer.record->size.load(std::memory_order_relaxed);
    return true;
  }

  /// Checks guards and poison of one block; false if damage was found.
  bool check_block(Address at) {
    typename Table::Outer outer;
    return !table_.find(source_, at, outer) || check_outer(outer);
  }

  /// Checks every block; returns how many were damaged. While other threads work, blocks that come
  /// and go are passed over.
  std::size_t check_all(std::size_t& checked) {
    std::size_t damaged = 0;
    for_each_outer([&](const typename Table::Outer& outer) {
      ++checked;
      if (!check_outer(outer)) ++damaged;
    });
    return damaged;
  }

  /// Calls `visit(facts)` for each block that is live; other threads should be at rest.
  template <class Visit>
  void each_live(Visit visit) const {
    for_each_outer([&](const typename Table::Outer& outer) {
      BlockFacts facts;
      if (describe(outer, facts) && facts.state == BlockState::live) visit(facts);
    });
  }

  bool leak_ignored(Address at) const {
    typename Table::Outer outer;
    return table_.find(source_, at, outer) &&
           (outer.record->traits.load(std::memory_order_relaxed) & BlockTraits::kLeakIgnored) != 0;
  }
  void ignore_leak(Address at) {
    typename Table::Outer outer;
    if (table_.find(source_, at, outer))
      outer.record->traits.fetch_or(BlockTraits::kLeakIgnored, std::memory_order_relaxed);
  }

  /// Where a reader from outside finds all that.
  void describe(DebugRoot<Native>& root) const {
    root.settings =
        (settings_.fill_fresh ? kFillsFresh : 0) | (settings_.fill_freed ? kFillsFreed : 0);
    root.guard_bytes = settings_.guard_bytes;
    root.guard_key = settings_.guard_key;
    root.records = table_.records().begin;
    root.first_pools = table_.first_pools().begin;
    root.pools = static_cast<std::uint32_t>(table_.first_pools().size() / sizeof(std::uint32_t));
    root.records_per_pool = Table::kRecordsPerPool;
    root.least_bytes = Table::kLeastBytes;
    root.quarantine = reinterpret_cast<std::uint64_t>(&quarantine_.state());
  }

  const Table& table() const { return table_; }
  const Quarantine& quarantine() const { return quarantine_; }
  const GuardSettings& settings() const { return settings_; }

  void lock_all() { quarantine_.lock_all(); }
  void unlock_all() { quarantine_.unlock_all(); }
  void reset_after_fork() { quarantine_.reset_after_fork(); }

 private:
  using Outer = typename Table::Outer;
  static_assert(QuarantineEntry::kNotedBytes == sizeof(SideRecord) + sizeof(QuarantineEntry));
  static constexpr std::size_t kMostBytes = std::size_t{1} << 46;
  /// From here on the heap's zeroed pages, and its not touching them, are worth more than filling.
  static constexpr std::size_t kLargeBytes = 32 << 10;
  /// Fresh bytes behind these stay as they are: a large block may never be touched.
  static constexpr std::size_t kMostFreshBytes = 64 << 10;
  /// Blocks this many places behind are fetched while one is checked.
  static constexpr unsigned kAhead = 8;
  static constexpr std::size_t kMostFetchedBytes = 512;

  [[gnu::noinline]] void* allocate_aligned(Birth birth, Actor actor) {
    const std::size_t head = HeadCode::head_for(settings_.guard_bytes, birth.alignment);
    if (head > kMostBytes) return nullptr;
    const std::size_t rest = std::max(head + settings_.guard_bytes, Table::kLeastBytes);
    void* outer = source_.allocate_aligned(birth.alignment, rest + birth.size);
    if (outer == nullptr) return nullptr;
    return dress(outer, head, HeadCode::encode(head), birth, false, [&] { return actor; });
  }

  template <class Who>
  [[gnu::always_inline]] void* dress(void* block, std::size_t head, std::uint8_t head_code,
                                     const Birth& birth, bool zeroed_by_heap, Who who) {
    Outer outer;
    const Address begin = reinterpret_cast<Address>(block);
    typename Source::SmallBlock small;
    if (source_.find_small(begin, small)) {
      table_.keep_in_cores(small.pool);
      outer = {begin, begin + small.bytes, &table_.slot(small.pool, small.index), false};
    } else {
      table_.keep_in_cores(source_.pool_number(begin + source_.span_bytes(block) - 1));
      outer = {begin, begin + source_.span_bytes(block),
               &table_.span_slot(source_.pool_number(begin)), true};
      table_.add_span(source_, begin, outer.end - begin);
    }
    const Extent bytes{begin + head, begin + head + birth.size};
    fetch_ends(outer);
    note(*outer.record, head_code, birth, who());
    pattern_.write(head_guard(outer, bytes.begin));
    pattern_.write(tail_guard(outer, bytes.end));
    if (birth.zeroed) {
      if (!zeroed_by_heap) fill(bytes, 0);
    } else if (settings_.fill_fresh) {
      fill({bytes.begin, std::min(bytes.end, bytes.begin + kMostFreshBytes)}, kFreshByte);
    }
    // Release: pairs with the acquires of those who find the block by its address.
    outer.record->state.store(SideState::live, std::memory_order_release);
    return reinterpret_cast<void*>(bytes.begin);
  }

  static void note(SideRecord& record, std::uint8_t head_code, const Birth& birth, Actor actor) {
    record.serial.store(birth.serial, std::memory_order_relaxed);
    record.size.store(birth.size, std::memory_order_relaxed);
    record.allocated.store(actor.stack, std::memory_order_relaxed);
    record.freed.store(0, std::memory_order_relaxed);
    record.allocated_by.store(recorded_thread(actor.thread), std::memory_order_relaxed);
    record.family.store(birth.family, std::memory_order_relaxed);
    record.head.store(head_code, std::memory_order_relaxed);
    record.traits.store(BlockTraits::encode(birth.alignment, birth.leak_ignored),
                        std::memory_order_relaxed);
  }

  static Address begin_of(const Outer& outer) {
    return outer.begin + HeadCode::decode(outer.record->head.load(std::memory_order_relaxed));
  }

  // ---- what may be freed ----

  [[gnu::always_inline]] bool is_live(bool found, Address at, Outer& outer, Death death) {
    // Relaxed: who frees a block has it from whoever allocated it, or may be told anything.
    if (!found || outer.record->state.load(std::memory_order_relaxed) == SideState::none) {
      const bool was_freed = outer.record != nullptr && begin_of(outer) == at &&
                             outer.record->serial.load(std::memory_order_relaxed) != 0;
      if (!was_freed) outer = {};
      tell(was_freed ? Fault::double_free : Fault::bad_free, at, outer, Moment::release, death);
      return false;
    }
    if (begin_of(outer) == at) return true;
    tell(Fault::bad_free, at, outer, Moment::release, death);
    return false;
  }

  void check_release(Outer outer, Death death) {
    const SideRecord& record = *outer.record;
    const Address at = begin_of(outer);
    if (!belong_together(record.family.load(std::memory_order_relaxed), death.family))
      return tell(Fault::alloc_dealloc_mismatch, at, outer, Moment::release, death);
    const bool size_fits =
        death.size == kUnsaid || death.size == record.size.load(std::memory_order_relaxed);
    const bool alignment_fits =
        death.alignment == kUnsaid ||
        death.alignment == BlockTraits::alignment(record.traits.load(std::memory_order_relaxed));
    if (!size_fits || !alignment_fits)
      tell(Fault::new_delete_type_mismatch, at, outer, Moment::release, death);
  }

  // ---- guards and poison ----

  Extent head_guard(const Outer& outer, Address at) const {
    return {at - std::min(at - outer.begin, settings_.guard_bytes), at};
  }
  /// The tail guard reaches to the end of the heap's block, but of large blocks only so far.
  Extent tail_guard(const Outer& outer, Address end) const {
    return {end, std::min(outer.end, end + settings_.guard_bytes + kMostGuardedSlack)};
  }

  /// Around the requested bytes.
  [[gnu::always_inline]] bool guards_intact(const Outer& outer, Extent bytes) const {
    return pattern_.first_changed(head_guard(outer, bytes.begin)) == 0 &&
           pattern_.first_changed(tail_guard(outer, bytes.end)) == 0;
  }

  /// Tells of the first changed guard byte, and mends the guard; false if there is one.
  [[gnu::noinline]] bool check_guards(Outer outer, Address at, Moment moment, Death death) {
    const Address end = at + outer.record->size.load(std::memory_order_relaxed);
    const bool behind =
        check_guard(tail_guard(outer, end), Fault::heap_buffer_overflow, outer, moment, death);
    const bool before =
        check_guard(head_guard(outer, at), Fault::heap_buffer_underflow, outer, moment, death);
    return behind && before;
  }

  bool check_guard(Extent guard, Fault fault, Outer outer, Moment moment, Death death) {
    const Address changed = pattern_.first_changed(guard);
    if (changed == 0) [[likely]]
      return true;
    tell(fault, changed, outer, moment, death);
    // Told once, if the process goes on.
    pattern_.write(guard);
    return false;
  }

  bool is_poisoned(const Outer& outer) const {
    return settings_.fill_freed &&
           outer.end - outer.begin + QuarantineEntry::kNotedBytes <= settings_.quarantine_bytes;
  }

  bool check_poison(Outer outer, Moment moment) {
    if (!is_poisoned(outer)) return true;
    const Address at = begin_of(outer);
    const Extent bytes{at, at + outer.record->size.load(std::memory_order_relaxed)};
    const Address changed = first_unlike(bytes, kFreedByte);
    if (changed == 0) [[likely]]
      return true;
    tell(Fault::heap_use_after_free, changed, outer, moment, {});
    fill(bytes, kFreedByte);
    return false;
  }

  /// Damage counts only if the block is still the same afterwards.
  bool check_outer(const Outer& outer) {
    const SideRecord& record = *outer.record;
    const SideState state = record.state.load(std::memory_order_acquire);
    if (state != SideState::live && state != SideState::freed) return true;
    const std::uint64_t serial = record.serial.load(std::memory_order_relaxed);
    if (looks_intact(outer, state)) return true;
    // Another block may have come to lie there, with another end, since the bounds were looked up.
    Outer now;
    if (!table_.find(source_, outer.begin, now) || now.record != outer.record ||
        now.begin != outer.begin || now.end != outer.end)
      return true;
    if (record.state.load(std::memory_order_acquire) != state ||
        record.serial.load(std::memory_order_relaxed) != serial)
      return true;
    const bool guards = check_guards(outer, begin_of(outer), Moment::check, {});
    return (state == SideState::live || check_poison(outer, Moment::check)) && guards;
  }

  bool looks_intact(const Outer& outer, SideState state) const {
    const Address at = begin_of(outer);
    const Address end = at + outer.record->size.load(std::memory_order_relaxed);
    if (end > outer.end || at - outer.begin > outer.end - outer.begin) return false;
    return guards_intact(outer, {at, end}) && (state == SideState::live || !is_poisoned(outer) ||
                                               first_unlike({at, end}, kFreedByte) == 0);
  }

  // ---- leaving quarantine ----

  /// The next that leaves.
  void let_go(QuarantineBatch& batch) {
    const unsigned next = batch.left++;
    if (next + kAhead < batch.leaving_count) fetch_ahead(batch.leaving[next + kAhead].block());
    release(batch.leaving[next].block());
  }

  /// What leaves was last touched long ago.
  void fetch_ahead(Address at) const {
    Outer outer;
    if (!table_.find(source_, at, outer)) return;
    __builtin_prefetch(outer.record, 1);
    const Address end = std::min(outer.end, outer.begin + kMostFetchedBytes);
    for (Address at_line = outer.begin; at_line < end; at_line += 64)
      __builtin_prefetch(reinterpret_cast<const void*>(at_line), 1);
  }

  /// What is about to be checked or written in any case: the record, and where the guards are.
  [[gnu::always_inline]] static void fetch_ends(const Outer& outer) {
    __builtin_prefetch(outer.record, 1);
    __builtin_prefetch(reinterpret_cast<const void*>(outer.begin), 1);
    __builtin_prefetch(reinterpret_cast<const void*>(outer.end - 1), 1);
  }

  [[gnu::noinline]] void release(Address at) {
    Outer outer;
    if (!table_.find(source_, at, outer)) return;
    check_poison(outer, Moment::quarantine);
    // Relaxed: nobody may know of the block any more, and the heap orders the rest.
    outer.record->state.store(SideState::none, std::memory_order_relaxed);
    if (outer.span) table_.remove_span(source_, outer.begin, outer.end - outer.begin);
    source_.free(reinterpret_cast<void*>(outer.begin));
  }

  // ---- walking ----

  template <class Visit>
  void for_each_outer(Visit visit) const {
    const std::uint32_t pools = source_.pools_in_use();
    for (std::uint32_t pool = 0; pool < pools; ++pool) {
      const Address begin = source_.range_begin() + Address{pool} * Source::kPoolBytes;
      Outer outer;
      // Interior pools of a span lead to its beginning, and are passed over.
      while (begin_in(pool, begin, outer)) {
        visit(outer);
        if (outer.end >= begin + Source::kPoolBytes) break;
      }
    }
  }

  /// Steps through the blocks of a pool: `outer` is the former one, or empty for the first.
  bool begin_in(std::uint32_t pool, Address begin, Outer& outer) const {
    const Address next = outer.record == nullptr ? begin : outer.end;
    return table_.find(source_, next, outer) && outer.begin == next &&
           source_.pool_number(next) == pool;
  }

  /// What the record says, which of a block that has left quarantine is what it was; false then.
  bool describe(const Outer& outer, BlockFacts& facts) const {
    const SideRecord& record = *outer.record;
    const SideState state = record.state.load(std::memory_order_acquire);
    facts.begin = begin_of(outer);
    facts.size = record.size.load(std::memory_order_relaxed);
    facts.outer_begin = outer.begin;
    facts.outer_end = outer.end;
    facts.alignment = BlockTraits::alignment(record.traits.load(std::memory_order_relaxed));
    facts.serial = record.serial.load(std::memory_order_relaxed);
    facts.allocated = record.allocated.load(std::memory_order_relaxed);
    facts.freed = record.freed.load(std::memory_order_relaxed);
    facts.allocated_by = record.allocated_by.load(std::memory_order_relaxed);
    facts.freed_by = record.freed_by.load(std::memory_order_relaxed);
    facts.family = record.family.load(std::memory_order_relaxed);
    // One that is being freed is so for a moment, in which it is looked at for the last time.
    facts.state = state == SideState::live || state == SideState::freeing ? BlockState::live
                                                                          : BlockState::freed;
    return state != SideState::none;
  }

  [[gnu::cold, gnu::noinline]] void tell(Fault fault, Address bad, Outer outer, Moment moment,
                                         Death death) {
    Damage damage;
    damage.fault = fault;
    damage.moment = moment;
    damage.bad = bad;
    if (outer.record != nullptr) describe(outer, damage.block);
    if (fault == Fault::double_free) damage.block.state = BlockState::freed;
    damage.released_as = death.family;
    damage.said_size = death.size;
    damage.said_alignment = death.alignment;
    sink_.found(sink_.context, damage);
  }

  Source source_;
  DamageSink sink_;
  GuardSettings settings_;
  /// Of blocks of ordinary alignment.
  std::size_t head_ = 16;
  std::uint8_t head_code_ = 1;
  GuardPattern pattern_;
  Table table_;
  Quarantine quarantine_;
};

}  // namespace arenite
