// SPDX-License-Identifier: MIT
// The quarantine: freed blocks wait here, first in, first out, until more bytes wait than may, what
// is noted of them included: of small blocks that is nearly half of the memory that waiting takes.
// A thread gathers what it frees in a batch of its own and hands batches over, so that the lock is
// taken once for many blocks; the order is that of the batches. Knows nothing of what a block is.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/fill/fill.hpp"
#include "layout/space.hpp"
#include "os/lock.hpp"

namespace arenite {

/// A block in quarantine in one word: its address, a multiple of 16 below 2^47, and its size.
class QuarantineEntry {
 public:
  /// What is noted of a block that waits: its SideRecord and this word.
  static constexpr std::size_t kNotedBytes = 40;
  /// With what is noted just short of the 32 MiB that may wait unless asked otherwise: a block
  /// however large then waits, alone.
  static constexpr std::size_t kMostBytes = (std::size_t{32} << 20) - 48;

  constexpr QuarantineEntry() = default;
  constexpr QuarantineEntry(Address block, std::size_t bytes)
      : word_(block >> 4 | std::min<std::uint64_t>(bytes >> 4, kMostUnits) << kAddressBits) {}
  constexpr Address block() const {
    return (word_ & ((std::uint64_t{1} << kAddressBits) - 1)) << 4;
  }
  /// Rounded down to 16; what is larger than kMostBytes counts as that.
  constexpr std::size_t bytes() const {
    return static_cast<std::size_t>(word_ >> kAddressBits) << 4;
  }
  /// What its waiting takes.
  constexpr std::size_t held_bytes() const { return bytes() + kNotedBytes; }

 private:
  static constexpr unsigned kAddressBits = 43;
  static constexpr std::uint64_t kMostUnits = kMostBytes >> 4;
  static_assert(kMostUnits < std::uint64_t{1} << (64 - kAddressBits));
  std::uint64_t word_ = 0;
};

/// What a thread has freed and not handed over yet; and what it has taken out, to be let go one by
/// one as it frees, so that what was last touched long ago can be fetched ahead.
struct QuarantineBatch {
  static constexpr unsigned kEntries = 64;
  /// Blocks that together are larger than this go over at once.
  static constexpr std::size_t kMostBytes = 64 << 10;

  bool full() const { return count == kEntries || bytes > kMostBytes; }
  void add(QuarantineEntry entry) {
    entries[count++] = entry;
    bytes += entry.bytes();
  }

  QuarantineEntry entries[kEntries];
  unsigned count = 0;
  std::size_t bytes = 0;

  static constexpr unsigned kLeaving = 2 * kEntries;
  QuarantineEntry leaving[kLeaving];
  unsigned leaving_count = 0;
  unsigned left = 0;
};

/// What waits, in a ring of entries. Under the lock.
template <class Space>
struct QuarantineState {
  mutable Shared<Space, std::uint32_t> lock{0};
  std::uint64_t ring = 0;      ///< address of the entries
  std::uint64_t capacity = 0;  ///< entries
  std::uint64_t begin = 0;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t most_bytes = 0;
};
static_assert(kSameLayout<QuarantineState>);

class Quarantine {
 public:
  constexpr Quarantine() = default;
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  /// `most_bytes` may wait, what is noted included, in blocks of at least `least_bytes`. False if
  /// the memory to note them cannot be had.
  bool open(std::size_t most_bytes, std::size_t least_bytes) {
    state_.most_bytes = most_bytes;
    state_.capacity =
        most_bytes / (least_bytes + QuarantineEntry::kNotedBytes) + QuarantineBatch::kEntries;
    void* at = ::mmap(nullptr, state_.capacity * sizeof(QuarantineEntry), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    state_.ring = at == MAP_FAILED ? 0 : reinterpret_cast<std::uint64_t>(at);
    return state_.ring != 0;
  }

  void close() {
    if (state_.ring != 0) ::munmap(entries(), state_.capacity * sizeof(QuarantineEntry));
    state_.ring = 0;
    state_.count = state_.begin = state_.bytes = 0;
  }

  /// Takes the batch in. What has to leave for it, eldest first, is left in `batch.leaving`, as far
  /// as there is room; what comes before that is passed to `leave(entry)`, without the lock.
  /// Requires: nothing was leaving.
  template <class Leave>
  void take_in(QuarantineBatch& batch, Leave leave) {
    unsigned taken = 0;
    for (;;) {
      batch.left = batch.leaving_count = 0;
      {
        const LockGuard guard(state_.lock);
        taken += push(batch.entries + taken, batch.count - taken);
        const bool waits = taken < batch.count;
        batch.leaving_count = pop(batch.leaving, waits);
        if (!waits && state_.bytes <= state_.most_bytes) break;
      }
      for (; batch.left < batch.leaving_count; ++batch.left) leave(batch.leaving[batch.left]);
    }
    batch.count = 0;
    batch.bytes = 0;
  }

  /// Everything leaves, eldest first.
  template <class Leave>
  void drain(Leave leave) {
    for (QuarantineEntry entry; take_out(entry);) leave(entry);
  }

  std::size_t bytes() const {
    const LockGuard guard(state_.lock);
    return state_.bytes;
  }
  std::size_t count() const {
    const LockGuard guard(state_.lock);
    return state_.count;
  }
  std::size_t most_bytes() const { return state_.most_bytes; }
  /// Where blocks are noted; empty if it is not open.
  Extent ring() const {
    return {state_.ring, state_.ring + state_.capacity * sizeof(QuarantineEntry)};
  }

  const QuarantineState<Native>& state() const { return state_; }

  // Around fork.
  void lock_all() { lock(state_.lock); }
  void unlock_all() { unlock(state_.lock); }
  void reset_after_fork() { reset(state_.lock); }

 private:
  bool take_out(QuarantineEntry& entry) {
    const LockGuard guard(state_.lock);
    if (state_.count == 0) return false;
    state_.bytes -= (entry = entries()[state_.begin]).held_bytes();
    state_.begin = after(state_.begin);
    --state_.count;
    return true;
  }

  // The state is held in registers meanwhile: entries may lie anywhere, as far as a compiler knows.

  /// As many of them as there is room for; returns how many.
  unsigned push(const QuarantineEntry* from, unsigned count) {
    count = static_cast<unsigned>(std::min<std::uint64_t>(count, state_.capacity - state_.count));
    QuarantineEntry* const ring = entries();
    std::uint64_t end = state_.begin + state_.count, bytes = state_.bytes;
    if (end >= state_.capacity) end -= state_.capacity;
    for (unsigned i = 0; i < count; ++i, end = after(end))
      bytes += (ring[end] = from[i]).held_bytes();
    state_.bytes = bytes;
    state_.count += count;
    return count;
  }

  /// What is to leave, or, if more `waits`, anything, as far as there is room; returns how many.
  unsigned pop(QuarantineEntry (&to)[QuarantineBatch::kLeaving], bool waits) {
    const QuarantineEntry* const ring = entries();
    const std::uint64_t most_bytes = state_.most_bytes;
    const auto room =
        static_cast<unsigned>(std::min<std::uint64_t>(QuarantineBatch::kLeaving, state_.count));
    std::uint64_t begin = state_.begin, bytes = state_.bytes;
    unsigned count = 0;
    for (; count < room && (bytes > most_bytes || waits); ++count, begin = after(begin))
      bytes -= (to[count] = ring[begin]).held_bytes();
    state_.begin = begin;
    state_.bytes = bytes;
    state_.count -= count;
    return count;
  }

  std::uint64_t after(std::uint64_t place) const {
    return place + 1 == state_.capacity ? 0 : place + 1;
  }

  QuarantineEntry* entries() const { return reinterpret_cast<QuarantineEntry*>(state_.ring); }

  QuarantineState<Native> state_;
};

}  // namespace arenite
