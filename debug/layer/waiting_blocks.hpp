// SPDX-License-Identifier: MIT
// D5, the first half: the quarantine's ring and the batches of all threads, walked, each entry held
// against its record and marked, a bit for each record of the heap. One entry that leaves just now
// may still be marked: its thread is between taking it out and saying so in the record.
#pragma once

#include <array>
#include <cstdint>

#include "debug/audit/finding.hpp"
#include "debug/audit/scratch.hpp"
#include "debug/layer/layer_blocks.hpp"

namespace arenite {

template <MemoryView View>
class WaitingBlocks {
 public:
  WaitingBlocks(const View& view, const HeapPlan& heap, const LayerPlan& plan, Findings& findings)
      : view_(view),
        heap_(heap),
        plan_(plan),
        findings_(findings),
        marks_((std::size_t{heap.pool_count} * plan.root.records_per_pool + 7) / 8) {}

  /// Whether there was memory to work in; nothing else may be called if not.
  bool had() const { return marks_.had(); }
  /// Whether a thread was inside the quarantine: what was found then says nothing.
  bool locked() const { return locked_; }
  /// Whether everything could be walked: only then does a missing mark say anything.
  bool complete() const { return complete_; }

  void gather() {
    gather_ring();
    gather_batches();
  }

  bool marked(std::uint32_t pool, std::uint32_t index) const {
    const std::size_t bit = std::size_t{pool} * plan_.root.records_per_pool + index;
    return (bytes()[bit / 8] >> (bit % 8) & 1) != 0;
  }

 private:
  static constexpr std::size_t kAtOnce = 512;

  unsigned char* bytes() const { return static_cast<unsigned char*>(marks_.data()); }
  void add(Address at, std::uint64_t number, const Message& message) {
    findings_.add(Invariant::D5, {Subject::table, number, at}, message);
  }
  void unreadable(Address at) {
    complete_ = false;
    findings_.unreadable(at);
  }

  void gather_ring() {
    QuarantineState<Remote> ring;
    const Address at = plan_.root.quarantine;
    if (!read_object(view_, at, ring)) return unreadable(at);
    locked_ = ring.lock != 0;
    const std::uint64_t most = std::uint64_t{heap_.pool_count} * plan_.root.records_per_pool;
    if (ring.count > ring.capacity || ring.begin > ring.capacity || ring.count > most ||
        ring.ring > detail::kMostAddress || ring.capacity > detail::kMostAddress / 8) {
      complete_ = false;
      return add(at, 0,
                 Message{} << "the quarantine says that " << ring.count << " of " << ring.capacity
                           << " places are in use, from " << ring.begin << " on");
    }
    std::uint64_t bytes = 0;
    walk_ring(ring, bytes);
    if (complete_ && bytes != ring.bytes)
      add(at, bytes - ring.bytes,
          Message{} << "the quarantine counts " << ring.bytes << " bytes; its entries are "
                    << bytes);
    if (ring.bytes > ring.most_bytes && ring.count > 0)
      add(at, 0,
          Message{} << "the quarantine holds " << ring.bytes << " bytes, of " << ring.most_bytes);
  }

  void walk_ring(const QuarantineState<Remote>& ring, std::uint64_t& bytes) {
    std::array<QuarantineEntry, kAtOnce> entries;
    for (std::uint64_t i = 0; i < ring.count;) {
      const std::uint64_t place = (ring.begin + i) % std::max<std::uint64_t>(ring.capacity, 1);
      const std::uint64_t part =
          std::min<std::uint64_t>({kAtOnce, ring.count - i, ring.capacity - place});
      const Address from = ring.ring + place * sizeof(QuarantineEntry);
      if (!view_.read(from, entries.data(), part * sizeof(QuarantineEntry)))
        return unreadable(from);
      for (std::uint64_t k = 0; k < part; ++k) {
        bytes += entries[k].held_bytes();
        take(entries[k], "the quarantine");
      }
      i += part;
    }
  }

  void gather_batches() {
    std::uint32_t used = 0;
    if (plan_.root.threads == 0) return;
    if (!read_object(view_, plan_.root.threads_used, used))
      return unreadable(plan_.root.threads_used);
    used = std::min<std::uint32_t>(used, static_cast<std::uint32_t>(plan_.root.most_threads));
    for (std::uint32_t thread = 0; thread < used; ++thread) {
      QuarantineBatch batch;
      if (!read_object(view_, plan_.batch(thread), batch)) {
        unreadable(plan_.batch(thread));
        continue;
      }
      take_batch(batch, thread);
    }
  }

  void take_batch(const QuarantineBatch& batch, std::uint32_t thread) {
    if (batch.count > QuarantineBatch::kEntries ||
        batch.leaving_count > QuarantineBatch::kLeaving || batch.left > batch.leaving_count) {
      complete_ = false;
      return add(plan_.batch(thread), thread,
                 Message{} << "the batch of thread place " << thread << " holds " << batch.count
                           << " entries, and " << batch.leaving_count << " that leave");
    }
    for (unsigned i = 0; i < batch.count; ++i) take(batch.entries[i], "a batch");
    for (unsigned i = batch.left; i < batch.leaving_count; ++i) take(batch.leaving[i], "a batch");
    if (batch.left > 0) mark(batch.leaving[batch.left - 1]);
  }

  /// Where the record of an entry lies; false if there is none.
  bool place_of(QuarantineEntry entry, std::uint32_t& pool, std::uint32_t& index,
                LayerBlock& block) const {
    if (!LayerBlocks<View>(view_, heap_, plan_).find(entry.block(), block) || block.on_pages)
      return false;
    pool = heap_.pool_of(block.facts.outer_begin);
    const std::uint64_t bytes = block.facts.outer_end - block.facts.outer_begin;
    // A span begins where its pool does, and has the first record.
    index = static_cast<std::uint32_t>((block.facts.outer_begin - heap_.user(pool)) /
                                       std::max<std::uint64_t>(bytes, 1));
    return index < plan_.root.records_per_pool && pool < heap_.pool_count;
  }

  /// Returns whether it was marked before.
  bool set(std::uint32_t pool, std::uint32_t index) {
    const std::size_t bit = std::size_t{pool} * plan_.root.records_per_pool + index;
    const auto mask = static_cast<unsigned char>(1u << (bit % 8));
    const bool before = (bytes()[bit / 8] & mask) != 0;
    bytes()[bit / 8] |= mask;
    return before;
  }

  void mark(QuarantineEntry entry) {
    std::uint32_t pool, index;
    LayerBlock block;
    if (place_of(entry, pool, index, block)) set(pool, index);
  }

  void take(QuarantineEntry entry, const char* where) {
    std::uint32_t pool, index;
    LayerBlock block;
    const Address at = entry.block();
    if (!place_of(entry, pool, index, block) || (block.facts.begin & ~Address{15}) != at)
      return add(at, at,
                 Message{} << Hex{at} << " waits in " << where << ", but no block begins there");
    if (block.state != SideState::freed)
      return add(at, at, Message{} << Hex{at} << " waits in " << where << ", but is not freed");
    if (set(pool, index))
      add(at, at, Message{} << Hex{at} << " waits in " << where << ", and in another place");
  }

  const View& view_;
  const HeapPlan& heap_;
  const LayerPlan& plan_;
  Findings& findings_;
  Scratch marks_;
  bool locked_ = false;
  bool complete_ = true;
};

}  // namespace arenite
