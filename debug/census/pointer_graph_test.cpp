// SPDX-License-Identifier: MIT
// Pointers between blocks of a real heap, and what becomes of blocks nothing leads to; small cases
// by hand, many at random against plain definitions.
#include "debug/census/pointer_graph.hpp"

#include <map>
#include <random>
#include <set>

#include "debug/audit/audit_fixture.hpp"
#include "debug/census/leak_groups.hpp"
#include "debug/census/references.hpp"

namespace arenite {
namespace {

class GraphTest : public AuditFixture<Production> {
 protected:
  static constexpr std::size_t kRoots = 512;

  Address make(std::size_t size) {
    void* block = allocate(size);
    std::memset(block, 0, size);
    return reinterpret_cast<Address>(block);
  }
  static void put(Address at, Address word) { std::memcpy(reinterpret_cast<void*>(at), &word, 8); }

  /// The roots are a mapping of their own; the second half is the stack of a thread that has ended.
  void examine() {
    ASSERT_TRUE(audit().only({}));
    examination_.heaps.clear();
    HeapReport& heap = examination_.heaps.emplace_back();
    heap.result = *result_;
    const Address begin = reinterpret_cast<Address>(roots_.data());
    const Address middle = begin + kRoots / 2 * 8, end = begin + kRoots * 8;
    ProcessFacts& facts = examination_.facts;
    facts.threads = {1};
    facts.contexts = {{1, {}}};
    facts.contexts[0].registers.rbx = register_;
    facts.mappings.clear();
    add_mapping(begin, middle, true);
    add_mapping(middle, middle, false);
    add_mapping(middle, end, true);
    facts.mappings[1].begin = middle - 1;
    ended(end - 64);
    heaps_ = std::make_unique<HeapBlocks>(view_, examination_);
    graph_ = std::make_unique<PointerGraph>(view_, *heaps_);
    graph_->build(facts, {});
    kinds_ = std::make_unique<LeakKinds>(*graph_);
  }
  std::uint32_t number(Address block) { return graph_->blocks().find(block); }
  Fate fate(Address block) { return kinds_->fate(number(block)); }

  std::array<Address, kRoots> roots_{};
  Address register_ = 0;
  Examination examination_;
  OwnMemory memory_view_;
  AnyView view_{memory_view_};
  std::unique_ptr<HeapBlocks> heaps_;
  std::unique_ptr<PointerGraph> graph_;
  std::unique_ptr<LeakKinds> kinds_;

 private:
  void add_mapping(Address begin, Address end, bool accessible) {
    Mapping mapping;
    mapping.begin = begin;
    mapping.end = end;
    mapping.readable = mapping.writable = accessible;
    examination_.facts.mappings.push_back(mapping);
  }
  void ended(Address control) {
    put(control, control);
    put(control + 16, control);
  }
};

TEST_F(GraphTest, each_fate_by_hand) {
  const Address exact = make(100), behind = make(40), inside = make(64), in_register = make(32);
  const Address ended = make(48), single = make(200), hanging = make(24);
  const Address dtv = make(300);
  roots_[kRoots - 7] = dtv + 16;  // behind the control block's first word
  const Address first = make(80), second = make(80), below = make(3000), self = make(16);
  roots_[0] = exact;
  put(exact + 96, behind);  // straddles the end of what is usable? 100 bytes are 112
  roots_[1] = inside + 63;
  roots_[2] = single + 208;  // one past the end: nothing
  register_ = in_register;
  roots_[300] = ended;
  put(single + 8, hanging);
  put(hanging, single + 1 + 8 * 40);  // past it
  put(first, second);
  put(second + 72, first + 5);
  put(second, below);
  put(self, self);
  examine();
  EXPECT_EQ(fate(exact), Fate::reached);
  EXPECT_EQ(fate(behind), Fate::reached);
  EXPECT_EQ(fate(inside), Fate::inside);
  EXPECT_EQ(fate(in_register), Fate::reached);
  EXPECT_EQ(fate(ended), Fate::ended);
  EXPECT_EQ(fate(dtv), Fate::inside);
  EXPECT_EQ(fate(single), Fate::single);
  EXPECT_EQ(fate(hanging), Fate::single_hanging);
  EXPECT_EQ(fate(self), Fate::single);
  EXPECT_EQ(fate(below), Fate::cycle_hanging);
  EXPECT_TRUE((fate(first) == Fate::cycle) != (fate(second) == Fate::cycle));
  EXPECT_EQ(graph_->roots().size(), 5u);
  for (const RootEdge& root : graph_->roots())
    EXPECT_EQ(root.at == 0, root.edge.to() == number(in_register));
}

TEST_F(GraphTest, what_is_suppressed_takes_along_what_hangs_from_it) {
  const Address single = make(100), shared = make(40), own = make(40), other = make(100);
  put(single, shared);
  put(single + 8, own);
  put(other, shared);
  examine();
  const LeakKinds all(*graph_, [](StackId) { return true; });
  for (const Address block : {single, shared, own, other})
    EXPECT_EQ(all.fate(number(block)), Fate::suppressed);
  // They are all that there is, from the first to the last.
  const LeakCount count = suppressed_leaks(graph_->blocks(), all);
  EXPECT_EQ(count.blocks, 4u);
  EXPECT_EQ(count.bytes, graph_->blocks().bytes());
  const LeakKinds none(*graph_, [](StackId) { return false; });
  EXPECT_EQ(suppressed_leaks(graph_->blocks(), none).blocks, 0u);
  EXPECT_EQ(none.fate(number(shared)), Fate::single_hanging);
}

TEST_F(GraphTest, large_blocks_are_read_to_the_last_word) {
  const Address large = make(3 << 20), last = make(16), middle = make(16);
  roots_[0] = large;
  put(large + (3 << 20) - 8, last);
  put(large + (1 << 20) - 8, middle);
  examine();
  EXPECT_EQ(fate(last), Fate::reached);
  EXPECT_EQ(fate(middle), Fate::reached);
}

/// The layer above the heap may let a block begin anywhere; words in it are where the program has
/// them, counted from there.
TEST_F(GraphTest, blocks_at_odd_places_are_read_from_where_they_begin) {
  // Behind another, so that both are read at once.
  const Address before = make(64), odd = make(64) + 3, target = make(32);
  ASSERT_LT(before, odd);
  ASSERT_LT(odd - before, 4096u);
  put(odd + 16, target);
  roots_[0] = odd;
  register_ = target + 5;
  examine();
  Traces traces;
  traces.find = [odd](Address at, BlockFacts& facts) {
    facts.begin = odd;
    facts.size = 40;
    facts.state = BlockState::live;
    return at == odd - 3;
  };
  const HeapBlocks heaps(view_, examination_, traces);
  PointerGraph graph(view_, heaps);
  graph.build(examination_.facts, {});
  const std::uint32_t from = heaps.blocks().find(odd), to = heaps.blocks().find(target);
  ASSERT_EQ(heaps.blocks()[from].begin, odd);
  ASSERT_EQ(graph.edges(from).size(), 1u);
  EXPECT_EQ(graph.edges(from)[0].to(), to);

  std::vector<Reference> found;
  EXPECT_EQ(find_references(view_, examination_.facts, heaps, {}, {target, target + 32},
                            [&](const Reference& reference) { found.push_back(reference); }),
            0u);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].at, 0u);
  EXPECT_STREQ(found[0].reg, "rbx");
  EXPECT_EQ(found[0].thread, 1u);
  EXPECT_EQ(found[0].to, target + 5);
  EXPECT_EQ(found[1].at, odd + 16);
  EXPECT_EQ(found[1].block, from);
  EXPECT_EQ(found[1].to, target);
}

TEST_F(GraphTest, tells_how_far_it_is_every_16_mebibytes) {
  examine();
  // Blocks of 17, 1 and 17 mebibytes.
  const std::vector<char> blocks(35 << 20);
  Traces traces;
  traces.each_on_pages = [&](const std::function<void(const BlockFacts& facts)>& visit) {
    BlockFacts facts;
    facts.begin = reinterpret_cast<Address>(blocks.data());
    facts.state = BlockState::live;
    for (const std::size_t mebibytes : {17u, 1u, 17u}) {
      facts.size = mebibytes << 20;
      visit(facts);
      facts.begin += facts.size;
    }
  };
  const HeapBlocks heaps(view_, examination_, traces);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  PointerGraph graph(view_, heaps);
  graph.build(examination_.facts, {0, {}, [&](std::uint64_t done, std::uint64_t all) {
                                     told.emplace_back(done >> 20, all >> 20);
                                   }});
  EXPECT_EQ(told, (decltype(told){{17, 35}, {35, 35}}));
  PointerGraph for_nobody(view_, heaps);
  for_nobody.build(examination_.facts, {});
  EXPECT_EQ(for_nobody.unreadable_in_blocks(), 0u);
}

TEST_F(GraphTest, roots_of_one_kind_count_once_for_a_block) {
  const Address exact = make(100), both = make(100), ended = make(100);
  roots_[0] = roots_[1] = roots_[2] = exact;
  roots_[3] = both;
  roots_[4] = both + 8;
  roots_[5] = both + 16;
  roots_[6] = ended;
  roots_[300] = roots_[301] = ended;
  examine();
  std::map<std::uint32_t, unsigned> roots;
  for (const RootEdge& root : graph_->roots()) ++roots[root.edge.to()];
  EXPECT_EQ(roots, (decltype(roots){{number(exact), 1}, {number(both), 2}, {number(ended), 2}}));
}

/// Cannot read the eight bytes at either place.
struct DeafAroundView {
  Address before, behind;
  bool read(Address at, void* to, std::size_t bytes) const {
    for (const Address deaf : {before, behind})
      if (at < deaf + 8 && at + bytes > deaf) return false;
    OwnMemory::copy(at, to, bytes);
    return true;
  }
};

/// Whoever has such a heap has its blocks, and no others.
TEST_F(GraphTest, blocks_of_a_heap_of_the_programs_own_are_rooted_in_it) {
  const Address inside = make(100);
  examine();
  examination_.heaps[0].site.own = true;
  examination_.heaps[0].site.root = 0x4711;
  // One block on each side, where nothing can be read.
  const Address before = root().reservation - 8;
  const Address behind = root().reservation + root().reservation_bytes;
  Traces traces;
  traces.each_on_pages = [&](const std::function<void(const BlockFacts& facts)>& visit) {
    BlockFacts facts;
    facts.size = 8;
    facts.state = BlockState::live;
    for (const Address begin : {before, behind}) {
      facts.begin = begin;
      visit(facts);
    }
  };
  const HeapBlocks heaps(view_, examination_, traces);
  const DeafAroundView deaf{before, behind};
  const AnyView view(deaf);
  PointerGraph graph(view, heaps);
  graph.build(examination_.facts, {});
  ASSERT_EQ(graph.blocks().count(), 3u);
  ASSERT_EQ(graph.roots().size(), 1u);
  EXPECT_EQ(graph.roots()[0].edge.to(), heaps.blocks().find(inside));
  EXPECT_EQ(graph.roots()[0].at, 0x4711u);
  EXPECT_TRUE(graph.roots()[0].own_heap);
}

struct DeafView {
  Address deaf;
  bool read(Address at, void* to, std::size_t bytes) const {
    if (at <= deaf && deaf < at + bytes) return false;
    OwnMemory::copy(at, to, bytes);
    return true;
  }
};

TEST_F(GraphTest, what_cannot_be_read_is_counted) {
  const Address block = make(20000);
  examine();
  const DeafView deaf{block + 9000};
  const AnyView view(deaf);
  PointerGraph graph(view, *heaps_);
  graph.build(examination_.facts, {});
  EXPECT_EQ(graph.unreadable_in_blocks(), 4096u);
  EXPECT_EQ(graph.unreadable_roots(), 0u);
}

/// What leads where, by the definitions.
class Plain {
 public:
  explicit Plain(const PointerGraph& graph) : graph_(graph), count_(graph.blocks().count()) {}

  std::set<std::uint32_t> from(std::set<std::uint32_t> begin, bool exact) const {
    for (bool more = true; more;) {
      more = false;
      for (const std::uint32_t block : std::set(begin))
        for (const Edge edge : graph_.edges(block))
          if (!(exact && edge.inside())) more |= begin.insert(edge.to()).second;
    }
    return begin;
  }
  std::set<std::uint32_t> roots(bool exact, bool ended) const {
    std::set<std::uint32_t> blocks;
    for (const RootEdge& root : graph_.roots())
      if ((!exact || !root.edge.inside()) && (ended || !root.ended_thread))
        blocks.insert(root.edge.to());
    return blocks;
  }
  bool pointed_to(std::uint32_t block, const std::set<std::uint32_t>& by) const {
    for (const std::uint32_t from : by)
      for (const Edge edge : graph_.edges(from))
        if (edge.to() == block) return true;
    return false;
  }

 private:
  const PointerGraph& graph_;
  std::uint32_t count_;
};

void check(const PointerGraph& graph, const LeakKinds& kinds, std::set<Fate>& seen) {
  const Plain plain(graph);
  const auto exact = plain.from(plain.roots(true, false), true);
  const auto reached = plain.from(plain.roots(false, false), false);
  const auto ended = plain.from(plain.roots(false, true), false);
  std::set<std::uint32_t> lost, singles, heads;
  for (std::uint32_t block = 0; block < graph.blocks().count(); ++block) {
    if (!ended.contains(block)) lost.insert(block);
    if (kinds.fate(block) == Fate::single) singles.insert(block);
    if (kinds.fate(block) == Fate::single || kinds.fate(block) == Fate::cycle) heads.insert(block);
  }
  const auto below_singles = plain.from(singles, false);
  ASSERT_EQ(plain.from(heads, false), plain.from(lost, false));
  for (std::uint32_t block = 0; block < graph.blocks().count(); ++block) {
    const Fate fate = kinds.fate(block);
    seen.insert(fate);
    ASSERT_EQ(fate == Fate::reached, exact.contains(block));
    ASSERT_EQ(fate == Fate::inside, reached.contains(block) && !exact.contains(block));
    ASSERT_EQ(fate == Fate::ended, ended.contains(block) && !reached.contains(block));
    ASSERT_EQ(fate == Fate::single, lost.contains(block) && !plain.pointed_to(block, lost));
    ASSERT_EQ(fate == Fate::single_hanging,
              lost.contains(block) && below_singles.contains(block) && !singles.contains(block));
    if (fate == Fate::cycle) {
      std::set<std::uint32_t> others = heads;
      others.erase(block);
      ASSERT_FALSE(plain.from(others, false).contains(block));
    }
  }
}

TEST_F(GraphTest, fates_at_random_are_what_the_definitions_say) {
  std::set<Fate> seen;
  std::mt19937 generator(7);
  const auto random = [&] { return static_cast<unsigned>(generator()); };
  for (int round = 0; round < 150; ++round) {
    std::vector<Address> blocks;
    const unsigned count = 2 + random() % 30;
    for (unsigned i = 0; i < count; ++i) blocks.push_back(make(64));
    const auto any = [&] { return blocks[random() % count] + (random() % 3 == 0 ? 8 : 0); };
    for (unsigned i = random() % (count + count / 2); i > 0; --i)
      put(blocks[random() % count] + random() % 8 * 8, any());
    roots_.fill(0);
    for (unsigned i = random() % 3; i > 0; --i) roots_[random() % 200] = any();
    for (unsigned i = random() % 2; i > 0; --i) roots_[260 + random() % 200] = any();
    examine();
    check(*graph_, *kinds_, seen);
    for (const Address block : blocks) free(reinterpret_cast<void*>(block));
  }
  for (const Fate fate : {Fate::reached, Fate::inside, Fate::ended, Fate::single,
                          Fate::single_hanging, Fate::cycle, Fate::cycle_hanging})
    EXPECT_TRUE(seen.contains(fate)) << static_cast<int>(fate);
}

}  // namespace
}  // namespace arenite
