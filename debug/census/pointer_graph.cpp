// SPDX-License-Identifier: MIT
#include "debug/census/pointer_graph.hpp"

#include <algorithm>
#include <cstring>

#include "debug/census/present_pages.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

constexpr std::size_t kWordBytes = sizeof(Address);
/// Blocks with no more than that between them are read together.
constexpr std::uint64_t kGapBytes = 4096;
constexpr std::uint32_t kRoot = LiveBlocks::kNoBlock;
/// Between two calls of `Told`.
constexpr std::uint64_t kToldBytes = std::uint64_t{16} << 20;

}  // namespace

void PointerGraph::build(const ProcessFacts& facts, const GraphAsked& asked) {
  if (blocks().count() > kMostBlocks) throw CannotTell("there are too many blocks");
  read_blocks(asked.told);
  unreadable_in_blocks_ = pieces_.unreadable_bytes();
  std::vector<Region> holes = heaps_.reservations();
  holes.insert(holes.end(), asked.left_out.begin(), asked.left_out.end());
  std::sort(holes.begin(), holes.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  read_roots(facts, root_areas(view_, facts, holes), asked.live);
  unreadable_roots_ = pieces_.unreadable_bytes() - unreadable_in_blocks_;
  root_own_heaps();
}

void PointerGraph::read_blocks(const Told& told) {
  const LiveBlocks& all = blocks();
  const std::uint32_t count = all.count();
  first_edge_.reserve(std::size_t{count} + 1);
  std::uint64_t done = 0, due = kToldBytes;
  for (std::uint32_t first = 0; first < count;) {
    Address end = all[first].end;
    std::uint32_t behind = first + 1;
    while (behind < count && all[behind].begin - end <= kGapBytes &&
           all[behind].end - all[first].begin <= MemoryPieces::kPieceBytes)
      end = all[behind++].end;
    std::uint32_t block = first;
    pieces_.read(view_, all[first].begin, end,
                 [&](Address at, const unsigned char* bytes, std::size_t bytes_count) {
                   const Address to = at + bytes_count;
                   for (; block < behind && all[block].begin < to; ++block) {
                     const Address from = std::max(all[block].begin, at);
                     const std::size_t part = std::min(all[block].end, to) - from;
                     scan(from, bytes + (from - at), part, 0, block);
                     if (all[block].begin % kWordBytes != 0)
                       scan(from, bytes + (from - at), part, all[block].begin, block);
                     // The rest of it is in the next piece.
                     if (all[block].end > to) break;
                   }
                 });
    done += end - all[first].begin;
    first = behind;
    if (told && done >= due) {
      told(done, all.bytes());
      due = done + kToldBytes;
    }
  }
  settle_batch();
  first_edge_.resize(std::size_t{count} + 1, edges_.size());
}

void PointerGraph::read_roots(const ProcessFacts& facts, const std::vector<RootArea>& areas,
                              pid_t live) {
  rooted_.assign(blocks().count(), 0);
  for (const ThreadContext& context : facts.contexts) {
    root_ = {0, context.thread, {}, false};
    std::array<Address, sizeof context.registers / kWordBytes> words;
    std::memcpy(words.data(), &context.registers, sizeof words);
    for (const Address word : words)
      if (blocks().may_hold(word)) consider(word, kRoot, 0);
    settle_batch();
  }
  PresentPages present(live, facts.untouched);
  for (const RootArea& area : areas) {
    root_ = {0, area.thread, {}, area.kind == RootArea::Kind::ended_stack};
    kept_by_libc_ = area.kept_by_libc;
    for (Address at = area.region.begin; at < area.region.end;) {
      const Region there = present.next(at, area.region.end);
      pieces_.read(view_, there.begin, there.end,
                   [&](Address from, const unsigned char* bytes, std::size_t count) {
                     scan(from, bytes, count, 0, kRoot);
                   });
      at = there.end;
    }
    settle_batch();
  }
}

/// Words at addresses that equal `phase` in their last three bits.
void PointerGraph::scan(Address at, const unsigned char* bytes, std::size_t count, Address phase,
                        std::uint32_t from) {
  for (std::size_t i = (phase - at) % kWordBytes; i + kWordBytes <= count; i += kWordBytes) {
    Address word;
    std::memcpy(&word, bytes + i, sizeof word);
    if (blocks().may_hold(word)) consider(word, from, at + i);
  }
}

/// Requires: blocks().may_hold(word).
void PointerGraph::consider(Address word, std::uint32_t from, Address at) {
  const std::uint32_t* granule = blocks().granule(word);
  __builtin_prefetch(granule);
  batch_[batched_++] = {word, granule, 0, from, at};
  if (batched_ == kBatch) settle_batch();
}

/// What words lead to is fetched for all of a batch before it is needed for the first.
void PointerGraph::settle_batch() {
  const unsigned batched = batched_;
  batched_ = 0;
  for (unsigned i = 0; i < batched; ++i) {
    batch_[i].first = *batch_[i].granule;
    if (batch_[i].first != 0) __builtin_prefetch(&blocks()[batch_[i].first - 1]);
  }
  for (unsigned i = 0; i < batched; ++i) {
    const std::uint32_t to = blocks().find_from(batch_[i].first, batch_[i].word);
    if (to == LiveBlocks::kNoBlock || to == batch_[i].from) continue;
    const Edge edge(to, batch_[i].word != blocks()[to].begin);
    if (batch_[i].from == kRoot)
      add_root(batch_[i].at, edge);
    else
      add_edge(batch_[i].from, edge);
  }
}

/// Edges come by the blocks they leave, in ascending order.
void PointerGraph::add_edge(std::uint32_t from, Edge edge) {
  if (first_edge_.size() <= from) first_edge_.resize(std::size_t{from} + 1, edges_.size());
  edges_.push_back(edge);
}

/// Whoever has the heap has its blocks.
void PointerGraph::root_own_heaps() {
  const std::vector<OwnHeap>& own = heaps_.own_heaps();
  if (own.empty()) return;
  for (std::uint32_t block = 0; block < blocks().count(); ++block) {
    const Address at = blocks()[block].begin;
    const auto behind = std::upper_bound(
        own.begin(), own.end(), at,
        [](Address begin, const OwnHeap& heap) { return begin < heap.reservation.begin; });
    if (behind == own.begin() || at >= (behind - 1)->reservation.end) continue;
    RootEdge& root = roots_.emplace_back();
    root.at = (behind - 1)->root;
    root.edge = Edge(block, false);
    root.own_heap = true;
  }
}

void PointerGraph::add_root(Address at, Edge edge) {
  const bool ended = root_.ended_thread && at != kept_by_libc_;
  const auto kind = static_cast<std::uint8_t>(1u << ((edge.inside() ? 1 : 0) + (ended ? 2 : 0)));
  std::uint8_t& had = rooted_[edge.to()];
  if ((had & kind) != 0) return;
  had |= kind;
  RootEdge root = root_;
  root.at = at;
  root.edge = edge;
  root.ended_thread = ended;
  roots_.push_back(root);
}

}  // namespace arenite
