// SPDX-License-Identifier: MIT
// D1-D6: every block of the debug layer against its record, its guard bytes and poison, the heap's
// bitmaps, the quarantine. Requires an audit of the heap that was complete. Reads only; bounded by
// the heap's tables; goes on after the first finding. Takes memory from malloc for the serials.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "debug/blocks/block_walk.hpp"
#include "debug/layer/guard_bytes.hpp"
#include "debug/layer/waiting_blocks.hpp"

namespace arenite {

/// Live blocks that were asked for in one way.
struct FamilyCount {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< requested
};

/// Blocks on guard pages.
struct PageCounts {
  std::uint64_t live = 0;
  std::uint64_t live_bytes = 0;  ///< requested
  std::uint64_t open_bytes = 0;  ///< of their open pages
  std::uint64_t freed = 0;       ///< and not reused, their pages closed
};

struct LayerCounts {
  std::uint64_t live = 0;
  std::uint64_t live_bytes = 0;                      ///< requested
  std::array<FamilyCount, kFamilyCount> families{};  ///< by `Family`
  std::uint64_t freed = 0;                           ///< in quarantine, or on pages and not reused
  PageCounts on_pages;                               ///< of those above
};

template <MemoryView View>
class LayerAudit {
 public:
  /// `now`: if not null, the process runs, and `view` shows its tables as they were: see
  /// second_look.hpp.
  LayerAudit(const View& view, const HeapPlan& heap, const LayerPlan& plan, Contents contents,
             Findings& findings, const AnyView* now = nullptr)
      : view_(view),
        heap_(heap),
        plan_(plan),
        contents_(contents != Contents::absent),
        findings_(findings),
        blocks_(view, heap, plan),
        again_(now, heap, plan),
        bytes_(view, plan, contents, findings, again_) {}

  /// False if there was no memory to work in.
  bool run() {
    last_serial_ = blocks_.last_serial();
    if (plan_.guarded() && !run_guarded()) return false;
    blocks_.each_on_pages([&](const LayerBlock& block) { check_on_pages(block); });
    check_serials();
    return true;
  }

  const LayerCounts& counts() const { return counts_; }
  /// Blocks that the program freed or changed before they could be judged.
  std::uint64_t torn() const { return again_.torn(); }
  /// A lock was held.
  bool locked() const { return locked_; }

 private:
  using Record = SideRecordOf<Remote>;
  static constexpr std::size_t kMostRecords = 65536 / 16;

  bool run_guarded() {
    WaitingBlocks<View> waiting(view_, heap_, plan_, findings_);
    BlockWalk<View> walk(view_, heap_);
    if (!waiting.had() || !walk.had()) return false;
    waiting.gather();
    locked_ = waiting.locked();
    walk.each_pool([&](const WalkedPool& pool) {
      if (pool.use == PoolUse::span)
        check_span(pool, waiting);
      else if (has_blocks(pool.use) && pool.block_bytes >= plan_.root.least_bytes)
        check_pool(pool, waiting);
    });
    return true;
  }

  void check_pool(const WalkedPool& pool, const WaitingBlocks<View>& waiting) {
    const std::uint32_t count =
        std::min<std::uint32_t>({pool.carved, plan_.root.records_per_pool, kMostRecords});
    if (!view_.read(plan_.record(pool.index, 0), records_.data(), count * sizeof(Record)))
      return findings_.unreadable(plan_.record(pool.index, 0));
    for (std::uint32_t i = 0; i < count; ++i) {
      const Record& record = records_[i];
      if (record.state == SideState::none) continue;
      const Address begin = pool.begin + i * pool.block_bytes;
      check(record, begin, begin + pool.block_bytes, pool.use_of(i) == BlockUse::live,
            waiting.marked(pool.index, i) || !waiting.complete());
    }
  }

  void check_span(const WalkedPool& pool, const WaitingBlocks<View>& waiting) {
    std::array<Record, 2> pair;
    if (!read_object(view_, plan_.record(pool.index, 0), pair))
      return findings_.unreadable(plan_.record(pool.index, 0));
    if (pair[0].state == SideState::none) return;
    if (pair[1].size != pool.block_bytes)
      add(Invariant::D4, pair[0].serial, pool.begin,
          Message{} << "the span is " << pool.block_bytes << " bytes long, its record says "
                    << pair[1].size);
    check(pair[0], pool.begin, pool.begin + pool.block_bytes, true,
          waiting.marked(pool.index, 0) || !waiting.complete());
  }

  void check(const Record& record, Address begin, Address end, bool in_use, bool waits) {
    const LayerBlock block = LayerBlocks<View>::describe(record, begin, end);
    count(block);
    if (!in_use)
      add(Invariant::D4, block.facts.serial, begin,
          Message{} << "a record says that a block is here; the heap has it free");
    if (!check_record(block)) return;
    if (block.state == SideState::freed && !waits)
      add(Invariant::D5, block.facts.serial, block.facts.begin,
          Message{} << "freed, but in no quarantine and no batch");
    if (contents_ && in_use) bytes_.check_guarded(block);
  }

  /// Whether the block's bounds can be relied upon.
  bool check_record(const LayerBlock& block) {
    const BlockFacts& facts = block.facts;
    const auto wrong = [&](const Message& message) {
      add(Invariant::D4, facts.serial, facts.outer_begin, message);
    };
    const std::uint64_t room = facts.outer_end - facts.outer_begin;
    const std::uint64_t head = facts.begin - facts.outer_begin;
    const bool fits = block.state <= SideState::freed && block.head <= 191 && head <= room &&
                      head >= plan_.root.guard_bytes && facts.size <= room - head;
    if (!fits)
      wrong(Message{} << facts.size << " bytes, " << head << " behind the beginning, of " << room);
    check_common(facts, wrong);
    return fits;
  }

  template <class Wrong>
  void check_common(const BlockFacts& facts, const Wrong& wrong) {
    if (facts.family > Family::pool)
      wrong(Message{} << "family " << static_cast<unsigned>(facts.family));
    if (facts.serial == 0 || facts.serial > last_serial_)
      wrong(Message{} << "serial " << facts.serial << " of " << last_serial_ << " given");
    else
      serials_.push_back(facts.serial);
    for (const StackId stack : {facts.allocated, facts.freed}) {
      if (stack == 0 || stack == last_stack_) continue;
      Address frame;
      if (blocks_.stack(stack, &frame, 1) == 0)
        wrong(Message{} << "stack " << stack << " is not in the depot");
      else
        last_stack_ = stack;
    }
  }

  void check_on_pages(const LayerBlock& block) {
    const BlockFacts& facts = block.facts;
    count(block);
    count_on_pages(block);
    const auto wrong = [&](const Message& message) {
      add(Invariant::D4, facts.serial, facts.outer_begin, message);
    };
    const PagePlacement place = PagePlacement::of(facts.begin, facts.size, block.pages);
    const bool fits = facts.begin > facts.outer_begin && facts.begin < facts.outer_end &&
                      facts.size <= facts.outer_end - facts.begin &&
                      place.open_begin > facts.outer_begin &&
                      block.pages < (facts.outer_end - facts.outer_begin) / kPageBytes;
    if (!fits) wrong(Message{} << facts.size << " bytes do not fit its pages");
    check_common(facts, wrong);
    if (fits && contents_ && block.state == SideState::live) bytes_.check_slack(block, place);
  }

  void count(const LayerBlock& block) {
    if (block.facts.state == BlockState::live) {
      ++counts_.live;
      counts_.live_bytes += block.facts.size;
      if (const auto family = static_cast<std::size_t>(block.facts.family); family < kFamilyCount) {
        ++counts_.families[family].blocks;
        counts_.families[family].bytes += block.facts.size;
      }
    } else {
      ++counts_.freed;
    }
  }

  void count_on_pages(const LayerBlock& block) {
    PageCounts& counts = counts_.on_pages;
    if (block.facts.state != BlockState::live) {
      ++counts.freed;
      return;
    }
    ++counts.live;
    counts.live_bytes += block.facts.size;
    counts.open_bytes += std::uint64_t{block.pages} * kPageBytes;
  }

  void check_serials() {
    std::sort(serials_.begin(), serials_.end());
    for (auto twice = std::adjacent_find(serials_.begin(), serials_.end()); twice != serials_.end();
         twice = std::adjacent_find(twice + 1, serials_.end()))
      add(Invariant::D4, *twice, 0, Message{} << "two blocks have serial " << *twice);
  }

  void add(Invariant invariant, std::uint64_t serial, Address at, const Message& message) {
    findings_.add(invariant, {Subject::block, serial, at}, message);
  }

  const View& view_;
  const HeapPlan& heap_;
  const LayerPlan& plan_;
  bool contents_;
  Findings& findings_;
  LayerBlocks<View> blocks_;
  SecondLook again_;
  GuardBytes<View> bytes_;
  LayerCounts counts_;
  std::uint64_t last_serial_ = 0;
  /// Found in the depot: many blocks have one stack.
  StackId last_stack_ = 0;
  bool locked_ = false;
  std::vector<std::uint64_t> serials_;
  std::array<Record, kMostRecords> records_;
};

}  // namespace arenite
