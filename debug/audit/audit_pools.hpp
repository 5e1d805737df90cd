// SPDX-License-Identifier: MIT
// A3, P1-P4, P7, P8, B1: every pool, in the order of their addresses, against its arena's words,
// its bitmap, and what the walks over threads and lists marked. Run those first.
#pragma once

#include <array>
#include <bit>

#include "base/bits.hpp"
#include "debug/audit/audit_spans.hpp"

namespace arenite {

template <MemoryView View>
class PoolAudit {
 public:
  explicit PoolAudit(const AuditContext<View>& context) : context_(context), spans_(context) {}

  void run() {
    marks_complete_ = context_.findings.unreadable_count() == 0;
    for (std::uint32_t arena = 0; arena < plan().arena_count; ++arena) check_arena(arena);
  }

 private:
  using Pool = PoolDescriptor<Remote>;
  struct ArenaPools {
    ArenaDescriptor<Remote> arena;
    std::array<Pool, kArenaPools> pools;
    std::array<std::uint8_t, kArenaPools> class_bytes;
  };

  const HeapPlan& plan() const { return context_.plan; }
  void add(Invariant invariant, std::uint32_t pool, const Message& message) {
    context_.findings.add(invariant, {Subject::pool, pool, plan().pool(pool)}, message);
  }
  template <class T>
  bool read(Address at, T& to) {
    if (read_object(context_.view, at, to)) return true;
    context_.findings.unreadable(at);
    return false;
  }

  void check_arena(std::uint32_t index) {
    ArenaPools here;
    const std::uint32_t first = index * kArenaPools;
    if (!read(plan().arena(index), here.arena) || !read(plan().pool(first), here.pools) ||
        !read(plan().class_byte(first), here.class_bytes)) {
      // A span may have begun there.
      astray_ = true;
      return;
    }
    for (std::uint32_t i = 0; i < kArenaPools; ++i)
      check_pool(first + i, (here.arena.free_pools >> i & 1) != 0, here.pools[i],
                 here.class_bytes[i]);
  }

  void check_pool(std::uint32_t index, bool free_bit, const Pool& pool, std::uint8_t class_byte) {
    if (index < span_end_) return spans_.inside(index, free_bit, class_byte);
    check_holders(index, pool);
    const bool blocks = pool.state == PoolState::attached || pool.state == PoolState::listed ||
                        pool.state == PoolState::full;
    if (!blocks && class_byte != 0)
      add(Invariant::P2, index,
          Message{} << "has class byte " << class_byte << " but holds no blocks");
    if (free_bit) {
      astray_ = false;
      if (pool.state != PoolState::free)
        add(Invariant::A3, index, Message{} << "is in use but free for its arena");
    } else if (blocks) {
      astray_ = false;
      check_blocks(index, pool, class_byte);
    } else {
      check_other(index, pool);
    }
  }

  /// Free pools without a bit, spans, and states that do not exist. Behind a span whose end cannot
  /// be told, what may still be a part of it is passed over.
  void check_other(std::uint32_t index, const Pool& pool) {
    if (pool.state == PoolState::span || pool.state == PoolState::kept) {
      const std::uint32_t pools = spans_.begin(index, pool);
      astray_ = pools == 0;
      if (pools != 0) span_end_ = index + pools;
      return;
    }
    if (pool.state > PoolState::kept)
      add(Invariant::P1, index, Message{} << "has state " << static_cast<std::uint8_t>(pool.state));
    else if (!astray_ && pool.state == PoolState::free)
      add(Invariant::A3, index, Message{} << "is free but has no bit in its arena's word");
    else if (!astray_ && pool.state == PoolState::span_end)
      add(Invariant::L1, index, Message{} << "is the end of a span that begins nowhere");
  }

  /// P1 and P7, from both sides.
  void check_holders(std::uint32_t index, const Pool& pool) {
    const PoolMark& mark = context_.marks.pool(index);
    if (mark.attached == PoolMark::kKept) {
      if (pool.state != PoolState::kept)
        add(Invariant::P1, index,
            Message{} << "thread block " << mark.owner
                      << " keeps it as a span; its descriptor says otherwise");
    } else if (mark.attached != 0 &&
               (pool.state != PoolState::attached || pool.owner != mark.owner ||
                pool.size_class != mark.attached - 1))
      add(Invariant::P1, index,
          Message{} << "thread block " << mark.owner << " is attached to it for class "
                    << std::uint32_t{mark.attached} - 1 << "; its descriptor says otherwise");
    if (marks_complete_ && mark.attached == 0 && pool.state == PoolState::attached)
      add(Invariant::P1, index,
          Message{} << "is attached to thread block " << pool.owner << ", which does not know it");
    if (marks_complete_ && mark.attached == 0 && pool.state == PoolState::kept)
      add(Invariant::P1, index, Message{} << "is a span that a thread keeps, and none knows it");
    if (mark.listed != 0 && (pool.state != PoolState::listed || pool.size_class != mark.listed - 1))
      add(Invariant::P1, index,
          Message{} << "is in the list of class " << std::uint32_t{mark.listed} - 1
                    << "; its descriptor says otherwise");
    if (marks_complete_ && mark.listed == 0 && pool.state == PoolState::listed)
      add(Invariant::P7, index, Message{} << "has free blocks and is in no list");
  }

  void check_blocks(std::uint32_t index, const Pool& pool, std::uint8_t class_byte) {
    if (pool.size_class >= plan().root.class_count) {
      add(Invariant::P2, index,
          Message{} << "is of class " << pool.size_class << ", of " << plan().root.class_count);
      return;
    }
    const ClassRecord& record = plan().root.classes[pool.size_class];
    if (class_byte != record.first_line)
      add(Invariant::P2, index,
          Message{} << "has class byte " << class_byte << "; class " << pool.size_class << " has "
                    << record.first_line);
    if (pool.carved > record.capacity) {
      add(Invariant::P2, index,
          Message{} << "has " << pool.carved << " blocks carved, of " << record.capacity);
      return;
    }
    check_bitmap(index, pool, record);
  }

  void check_bitmap(std::uint32_t index, const Pool& pool, const ClassRecord& record) {
    std::array<std::uint64_t, kMaxBitmapWords> words;
    const std::uint32_t needed = (std::uint32_t{record.capacity} + 63) / 64;
    if (!context_.view.read(plan().bitmap(index), words.data(), needed * sizeof words[0]))
      return context_.findings.unreadable(plan().bitmap(index));
    const std::uint64_t beyond = words[needed - 1] & ~low_bits(record.capacity - (needed - 1) * 64);
    if (beyond != 0)
      add(Invariant::P4, index,
          Message{} << "has bit " << ((needed - 1) * 64 + lowest_bit(beyond)) << " set, of "
                    << record.capacity << " blocks");
    words[needed - 1] &= ~beyond;

    std::uint32_t free = 0;
    for (std::uint32_t i = 0; i < needed; ++i)
      free += static_cast<std::uint32_t>(std::popcount(words[i]));
    check_uncarved(index, pool, record, words.data());
    const PoolMark& mark = context_.marks.pool(index);
    if (mark.held != 0) check_held(index, record, words.data(), needed, free);
    if (pool.state == PoolState::full && free != 0)
      add(Invariant::P7, index, Message{} << "is marked full but has " << free << " free blocks");
    if (pool.state == PoolState::listed && free == 0)
      add(Invariant::P1, index, Message{} << "is listed without a free block");
  }

  void check_uncarved(std::uint32_t index, const Pool& pool, const ClassRecord& record,
                      const std::uint64_t* words) {
    for (std::uint32_t i = pool.carved / 64; i * 64 < record.capacity; ++i) {
      const std::uint64_t carved = i == pool.carved / 64 ? low_bits(pool.carved % 64) : 0;
      const std::uint64_t missing = low_bits(record.capacity - i * 64) & ~carved & ~words[i];
      if (missing == 0) continue;
      add(Invariant::P8, index,
          Message{} << "block " << (i * 64 + lowest_bit(missing)) << " is not free, but only "
                    << pool.carved << " were carved");
      return;
    }
  }

  void check_held(std::uint32_t index, const ClassRecord& record, const std::uint64_t* words,
                  std::uint32_t count, std::uint32_t free) {
    const std::uint64_t* held = context_.marks.held_words(index);
    for (std::uint32_t i = 0; i < count; ++i)
      for (std::uint64_t both = words[i] & held[i]; both != 0; both &= both - 1) {
        const std::uint32_t block = i * 64 + lowest_bit(both);
        context_.findings.add(
            Invariant::B1,
            {Subject::block, block, plan().user(index) + std::uint64_t{block} * record.block_bytes},
            Message{} << "block " << block << " of pool " << index
                      << " has its free bit set and is in a thread array or on a shelf");
      }
    const std::uint32_t in_arrays = context_.marks.pool(index).held;
    if (free + in_arrays > record.capacity)
      add(Invariant::P3, index,
          Message{} << "has " << free << " blocks free and " << in_arrays
                    << " in thread arrays and on the shelf, of " << record.capacity);
  }

  const AuditContext<View>& context_;
  SpanAudit<View> spans_;
  std::uint32_t span_end_ = 0;
  bool astray_ = false;
  /// Whether the walks before saw everything: only then does a missing mark say anything.
  bool marks_complete_ = false;
};

}  // namespace arenite
