// SPDX-License-Identifier: MIT
#include "debug/census/references.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "debug/census/present_pages.hpp"

namespace arenite {
namespace {

constexpr std::size_t kWordBytes = sizeof(Address);
constexpr std::uint64_t kGapBytes = 4096;
constexpr std::array kRegisters{"r15",     "r14",      "r13", "r12", "rbp",    "rbx", "r11",
                                "r10",     "r9",       "r8",  "rax", "rcx",    "rdx", "rsi",
                                "rdi",     "orig_rax", "rip", "cs",  "eflags", "rsp", "ss",
                                "fs_base", "gs_base",  "ds",  "es",  "fs",     "gs"};
static_assert(kRegisters.size() * kWordBytes == sizeof(user_regs_struct));

class Search {
 public:
  Search(const AnyView& view, Region target,
         const std::function<void(const Reference& reference)>& visit)
      : view_(view), target_(target), visit_(visit) {}

  void registers(const ProcessFacts& facts) {
    for (const ThreadContext& context : facts.contexts) {
      std::array<Address, kRegisters.size()> words;
      std::memcpy(words.data(), &context.registers, sizeof words);
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (!hits(words[i])) continue;
        Reference reference;
        reference.to = words[i];
        reference.thread = context.thread;
        reference.reg = kRegisters[i];
        visit_(reference);
      }
    }
  }

  void area(const RootArea& area, PresentPages& present) {
    found_ = {};
    found_.thread = area.thread;
    found_.ended_thread = area.kind == RootArea::Kind::ended_stack;
    for (Address at = area.region.begin; at < area.region.end;) {
      const Region there = present.next(at, area.region.end);
      Address last = 0;
      pieces_.read(view_, there.begin, there.end,
                   [&](Address from, const unsigned char* bytes, std::size_t count) {
                     scan(from, bytes, count, 0, last);
                   });
      at = there.end;
    }
  }

  void blocks(const LiveBlocks& all, const Told& told) {
    std::uint64_t done = 0;
    for (std::uint32_t first = 0; first < all.count();) {
      Address end = all[first].end;
      std::uint32_t behind = first + 1;
      while (behind < all.count() && all[behind].begin - end <= kGapBytes &&
             all[behind].end - all[first].begin <= MemoryPieces::kPieceBytes)
        end = all[behind++].end;
      std::uint32_t block = first;
      Address last = 0;
      pieces_.read(view_, all[first].begin, end,
                   [&](Address at, const unsigned char* bytes, std::size_t count) {
                     for (; block < behind && all[block].begin < at + count; ++block) {
                       found_ = {};
                       found_.block = block;
                       const Address from = std::max(all[block].begin, at);
                       const std::size_t part = std::min(all[block].end, at + count) - from;
                       scan(from, bytes + (from - at), part, 0, last);
                       if (all[block].begin % kWordBytes != 0)
                         scan(from, bytes + (from - at), part, all[block].begin, last);
                       if (all[block].end > at + count) break;
                     }
                   });
      done += end - all[first].begin;
      first = behind;
      if (told) told(done, all.bytes());
    }
  }

  std::uint64_t unreadable() const { return pieces_.unreadable_bytes(); }

 private:
  bool hits(Address word) const { return word - target_.begin < target_.end - target_.begin; }

  /// `last`: the word told last, which the next piece may show again.
  void scan(Address at, const unsigned char* bytes, std::size_t count, Address phase,
            Address& last) {
    for (std::size_t i = (phase - at) % kWordBytes; i + kWordBytes <= count; i += kWordBytes) {
      Address word;
      std::memcpy(&word, bytes + i, sizeof word);
      if (!hits(word) || at + i == last) continue;
      last = found_.at = at + i;
      found_.to = word;
      visit_(found_);
    }
  }

  const AnyView& view_;
  Region target_;
  const std::function<void(const Reference& reference)>& visit_;
  MemoryPieces pieces_;
  Reference found_;
};

}  // namespace

std::uint64_t find_references(const AnyView& view, const ProcessFacts& facts,
                              const HeapBlocks& heaps, const GraphAsked& asked, Region target,
                              const std::function<void(const Reference& reference)>& visit) {
  std::vector<Region> holes = heaps.reservations();
  holes.insert(holes.end(), asked.left_out.begin(), asked.left_out.end());
  std::sort(holes.begin(), holes.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  Search search(view, target, visit);
  search.registers(facts);
  PresentPages present(asked.live, facts.untouched);
  for (const RootArea& area : root_areas(view, facts, holes)) search.area(area, present);
  search.blocks(heaps.blocks(), asked.told);
  return search.unreadable();
}

/// Breadth first, so that the first way found is a shortest one.
Chain chain_to(const PointerGraph& graph, std::uint32_t block) {
  constexpr std::uint32_t kNobody = LiveBlocks::kNoBlock, kRooted = kNobody - 1;
  std::vector<std::uint32_t> before(graph.blocks().count(), kNobody);
  std::vector<std::uint32_t> root_of(graph.blocks().count(), 0);
  std::vector<std::uint32_t> queue;
  const auto rank = [](const RootEdge& root) {
    return root.ended_thread ? 2 : root.own_heap ? 1 : 0;
  };
  for (const int wanted : {0, 1, 2}) {
    queue.clear();
    for (std::uint32_t i = 0; i < graph.roots().size(); ++i) {
      const RootEdge& root = graph.roots()[i];
      if (rank(root) != wanted || before[root.edge.to()] != kNobody) continue;
      before[root.edge.to()] = kRooted;
      root_of[root.edge.to()] = i;
      queue.push_back(root.edge.to());
    }
    for (std::size_t next = 0; next < queue.size() && before[block] == kNobody; ++next)
      for (const Edge edge : graph.edges(queue[next]))
        if (before[edge.to()] == kNobody) {
          before[edge.to()] = queue[next];
          queue.push_back(edge.to());
        }
    if (before[block] != kNobody) break;
  }
  Chain chain;
  if (before[block] == kNobody) return chain;
  chain.found = true;
  for (std::uint32_t at = block;; at = before[at]) {
    chain.blocks.push_back(at);
    if (before[at] == kRooted) break;
  }
  std::reverse(chain.blocks.begin(), chain.blocks.end());
  chain.root = graph.roots()[root_of[chain.blocks.front()]];
  return chain;
}

}  // namespace arenite
