// SPDX-License-Identifier: MIT
// Each invariant is broken on purpose, and the audit must say exactly so. Where breaking one means
// breaking another, the other is named behind it: only() wants the first and allows the rest.
#include "debug/audit/audit_fixture.hpp"

namespace arenite {
namespace {

std::string hex_of(const void* at) {
  Text<32> text;
  text << Hex{reinterpret_cast<Address>(at)};
  return text.c_str();
}

template <class G>
class BrokenTest : public AuditFixture<G> {
 public:
  void SetUp() override {
    AuditFixture<G>::SetUp();
    this->fill();
    this->true_reservation();
    ASSERT_TRUE(this->audit().only({})) << this->audit();
  }

 protected:
  PoolDescriptor<Native>& in_state(PoolState state) { return this->pool(this->find(state)); }
  std::uint32_t busy_pool(PoolState state) {
    for (std::uint32_t i = 0; i < this->pool_count(); ++i)
      if (this->pool(i).state.load() == state && !this->is_free(i) &&
          this->pool(i).size_class.load() == this->kBusyClass)
        return i;
    return this->kNobody;
  }
  std::uint32_t untouched_pool() {
    for (std::uint32_t i = 0; i < this->pool_count(); ++i) {
      const auto& arena = this->arena(i / kArenaPools);
      const std::uint64_t bit = std::uint64_t{1} << (i % kArenaPools);
      if ((arena.free_pools & ~arena.dirty_pools & ~arena.decommitted_pools & bit) != 0) return i;
    }
    return this->kNobody;
  }
  std::uint64_t bit_of(std::uint32_t pool) { return std::uint64_t{1} << (pool % kArenaPools); }
  ArenaDescriptor<Native>& arena_of(std::uint32_t pool) { return this->arena(pool / kArenaPools); }

  /// What a sound process has mapped of this heap.
  void map_committed(Regions& regions, std::uint64_t guard = 0, std::uint64_t missing = 0) {
    const auto& root = this->root();
    regions.add(root.reservation, root.reservation + guard);
    for (const Stretch<Native>* stretch :
         {&root.arenas, &root.class_bytes, &root.pools, &root.bitmaps, &root.shelves, &root.threads,
          &root.range})
      regions.add(stretch->address,
                  stretch->address + stretch->committed - (stretch == &root.range ? missing : 0));
  }
};
TYPED_TEST_SUITE(BrokenTest, AuditedGeometries);

#define EXPECT_ONLY(...)                               \
  do {                                                 \
    const auto report = this->audit();                 \
    EXPECT_TRUE(report.only({__VA_ARGS__})) << report; \
  } while (false)

TYPED_TEST(BrokenTest, R1_cookie) {
  this->root().cookie ^= 1;
  EXPECT_ONLY("R1");
  EXPECT_EQ(this->audit().end, AuditEnd::gated);
}
TYPED_TEST(BrokenTest, R1_layout) {
  this->root().fingerprint ^= 1;
  EXPECT_ONLY("R1");
  EXPECT_EQ(this->audit().end, AuditEnd::other);
  this->root().fingerprint ^= 1;
  this->root().version = 77;
  EXPECT_ONLY("R1");
}
TYPED_TEST(BrokenTest, R1_size) {
  this->root().root_bytes += 8;
  EXPECT_ONLY("R1");
}

TYPED_TEST(BrokenTest, R2_every_number) {
  auto& root = this->root();
  const auto expect = [this](auto& field, auto value) {
    const auto former = field;
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    EXPECT_ONLY("R2");
    field = former;
  };
  expect(root.class_count, 0);
  expect(root.class_count, kMaxClasses + 1);
  expect(root.pool_bytes, 0);
  expect(root.pool_bytes, 3000);
  expect(root.pool_bytes, 1 << 20);
  expect(root.page_bytes, 0);
  expect(root.bitmap_bytes, 12);
  expect(root.bitmap_bytes, 8);
  expect(root.bitmap_bytes, root.bitmap_bytes - 8);
  expect(root.thread_bytes, 0);
  expect(root.attached_offset, root.thread_bytes);
  expect(root.attached_offset, 32);
  expect(root.max_threads, 0);
  expect(root.build_id_bytes, 21);
  expect(root.classes[1].block_bytes, root.classes[0].block_bytes);
  expect(root.classes[1].block_bytes, 0);
  expect(root.classes[1].capacity, root.classes[1].capacity + 1);
  expect(root.classes[1].slots, 60000);
  expect(root.classes[1].first_line, 0);
  const auto expect_shared = [this](auto& field, auto value) {
    const auto former = field.load();
    field.store(value);
    EXPECT_ONLY("R2");
    field.store(former);
  };
  expect_shared(root.threads_used, root.max_threads + 1);
  expect_shared(root.range.committed, root.range.committed + 1);
  expect_shared(root.range.committed, root.range.bytes + kArenaBytes<TypeParam>);
  expect_shared(root.arenas.committed, std::uint64_t{0});
  expect_shared(root.pools.committed, root.pools.bytes + 8);
  EXPECT_TRUE(this->audit().only({})) << this->audit();
}

TYPED_TEST(BrokenTest, R2_names_the_table_that_holds_too_little) {
  auto& root = this->root();
  const std::pair<Stretch<Native>*, const char*> tables[] = {
      {&root.arenas, "arena"},   {&root.class_bytes, "class"}, {&root.pools, "pool"},
      {&root.bitmaps, "bitmap"}, {&root.shelves, "shelves"},   {&root.threads, "thread"}};
  for (const auto& [table, name] : tables) {
    const std::uint64_t committed = table->committed.load();
    table->committed.store(1);
    const auto report = this->audit();
    EXPECT_TRUE(report.only({"R2"})) << report;
    EXPECT_NE(report.text.find(name), std::string::npos) << report;
    EXPECT_NE(report.text.find(": 1 of " + std::to_string(table->bytes)), std::string::npos)
        << report;
    table->committed.store(committed);
  }
}

TYPED_TEST(BrokenTest, R3_build_id) {
  std::vector<std::uint8_t> module(20, 0xab);
  EXPECT_TRUE(this->audit(nullptr, module).only({}));
  this->root().build_id_bytes = 20;
  std::memset(this->root().build_id, 0xab, 20);
  EXPECT_TRUE(this->audit(nullptr, module).only({}));
  module[19] = 0;
  EXPECT_TRUE(this->audit(nullptr, module).only({"R3"}));
}

TYPED_TEST(BrokenTest, A1_tables_overlap) {
  this->root().pools.address = this->root().bitmaps.address;
  EXPECT_ONLY("A1");
}
TYPED_TEST(BrokenTest, A1_range_not_at_an_arena) {
  this->root().range.address += TypeParam::kPageBytes;
  EXPECT_ONLY("A1");
}
TYPED_TEST(BrokenTest, A1_range_outside) {
  this->root().reservation_bytes -= this->root().range.bytes;
  EXPECT_ONLY("A1");
}
TYPED_TEST(BrokenTest, A1_no_guard) {
  this->root().guard_bytes = 0;
  EXPECT_ONLY("A1");
}

TYPED_TEST(BrokenTest, A1_a_table_begins_before_the_guard_ends) {
  auto& root = this->root();
  root.arenas.address -= root.page_bytes;
  EXPECT_ONLY("A1");
  root.arenas.address += root.page_bytes;
  const std::uint64_t bytes = root.threads.bytes;
  root.threads.bytes = root.range.address - root.guard_bytes - root.threads.address + 1;
  EXPECT_ONLY("A1");
  root.threads.bytes = bytes;
  EXPECT_TRUE(this->audit().only({})) << this->audit();
}

TYPED_TEST(BrokenTest, A2_cycle) {
  this->arena(0).next = 0;
  EXPECT_ONLY("A2");
}
TYPED_TEST(BrokenTest, A2_link_back) {
  this->arena(0).previous = 0;
  EXPECT_ONLY("A2");
}
TYPED_TEST(BrokenTest, A2_link_leads_out) {
  this->arena(0).next = 12345678;
  EXPECT_ONLY("A2");
}
TYPED_TEST(BrokenTest, A2_in_no_list) {
  for (std::uint32_t& head : this->root().arena_lists) head = kNone;
  EXPECT_ONLY("A2");
}
TYPED_TEST(BrokenTest, A2_in_another_list) {
  auto& lists = this->root().arena_lists;
  const auto head = std::find_if(std::begin(lists), std::end(lists),
                                 [](std::uint32_t arena) { return arena != kNone; });
  auto& other = head == std::begin(lists) ? lists[1] : lists[0];
  std::swap(*head, other);
  EXPECT_ONLY("A2");
}

TYPED_TEST(BrokenTest, A3_words_and_states) {
  const std::uint32_t used = this->busy_pool(PoolState::full), free = this->untouched_pool();
  ASSERT_NE(used, this->kNobody);
  ASSERT_NE(free, this->kNobody);
  ASSERT_EQ(used / kArenaPools, free / kArenaPools);
  this->arena_of(used).free_pools |= this->bit_of(used);
  this->arena_of(free).free_pools &= ~this->bit_of(free);
  EXPECT_ONLY("A3");
}

TYPED_TEST(BrokenTest, A4_dirty_but_in_use) {
  const std::uint32_t used = this->busy_pool(PoolState::full);
  this->arena_of(used).dirty_pools |= this->bit_of(used);
  ++this->root().dirty_pools;
  EXPECT_ONLY("A4");
}
TYPED_TEST(BrokenTest, A4_decommitted_but_in_use) {
  const std::uint32_t used = this->busy_pool(PoolState::full);
  this->arena_of(used).decommitted_pools |= this->bit_of(used);
  EXPECT_ONLY("A4");
}
TYPED_TEST(BrokenTest, A4_dirty_and_decommitted) {
  for (std::uint32_t i = 0; i < this->tables().arena_count(); ++i)
    this->arena(i).decommitted_pools |= this->arena(i).dirty_pools;
  EXPECT_ONLY("A4");
}

TYPED_TEST(BrokenTest, A5_guard_region_accessible) {
  Region storage[8];
  Regions sound(storage, 8);
  this->map_committed(sound);
  EXPECT_TRUE(this->audit(&sound).only({})) << this->audit(&sound);
  Region other_storage[8];
  Regions open(other_storage, 8);
  this->map_committed(open, TypeParam::kPageBytes);
  EXPECT_TRUE(this->audit(&open).only({"A5"})) << this->audit(&open);
}

TYPED_TEST(BrokenTest, P1_owner) {
  this->pool(this->busy_pool(PoolState::attached)).owner = 1;
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_no_such_state) {
  const std::uint32_t pool = this->busy_pool(PoolState::full);
  this->flush(this->first_);
  this->pool(pool).state.store(static_cast<PoolState>(77));
  EXPECT_ONLY("P1", "P2", "T2");
}
TYPED_TEST(BrokenTest, P1_attached_twice) {
  this->attached(this->second_, this->kBusyClass) = this->attached(this->first_, this->kBusyClass);
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_attached_to_nothing) {
  // The first number that is no pool's, and one far away.
  for (const std::uint32_t pool : {this->tables().arena_count() * kArenaPools, 12345678u}) {
    this->attached(this->first_, this->kBusyClass) = pool;
    EXPECT_ONLY("P1");
    // The pool it was attached to is P1, too: nobody has it any more.
    const auto said = "attached to pool " + std::to_string(pool) + ", of ";
    EXPECT_NE(this->audit().text.find(said), std::string::npos) << this->audit();
  }
}
TYPED_TEST(BrokenTest, P1_owner_does_not_know) {
  this->attached(this->first_, this->kBusyClass) = kNone;
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_attached_and_listed) {
  this->pool(this->busy_pool(PoolState::listed)).state.store(PoolState::attached);
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_listed_without_a_free_block) {
  const std::uint32_t pool = this->busy_pool(PoolState::listed);
  for (unsigned i = 0; i * 64 < SizeClasses<TypeParam>::kFacts[this->kBusyClass].capacity; ++i)
    this->bitmap_word(pool, i).store(0);
  EXPECT_ONLY("P1");
}

TYPED_TEST(BrokenTest, P1_kept_by_nobody) {
  thread_header(this->first_).kept_span.store(0);
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_keeps_what_is_live) {
  this->pool(this->pool_of(this->kept_)).state.store(PoolState::span);
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_kept_twice) {
  thread_header(this->second_).kept_span.store(thread_header(this->first_).kept_span.load());
  EXPECT_ONLY("P1");
}
TYPED_TEST(BrokenTest, P1_keeps_what_is_no_pool) {
  for (const std::uint32_t pool : {this->tables().arena_count() * kArenaPools, 12345678u}) {
    thread_header(this->first_).kept_span.store(pool + 1);
    EXPECT_ONLY("P1");
    const auto said = "keeps the span at pool " + std::to_string(pool) + ", of ";
    EXPECT_NE(this->audit().text.find(said), std::string::npos) << this->audit();
  }
}

TYPED_TEST(BrokenTest, P2_class_byte) {
  this->tables().class_byte(PoolIndex{this->busy_pool(PoolState::full)}).store(255);
  EXPECT_ONLY("P2");
}
TYPED_TEST(BrokenTest, P2_class_byte_of_a_free_pool) {
  this->tables().class_byte(PoolIndex{this->untouched_pool()}).store(1);
  EXPECT_ONLY("P2");
}
TYPED_TEST(BrokenTest, P2_class) {
  this->flush(this->first_);
  this->pool(this->busy_pool(PoolState::full)).size_class.store(200);
  EXPECT_ONLY("P2");
}
TYPED_TEST(BrokenTest, P2_carved) {
  this->pool(this->busy_pool(PoolState::full)).carved.store(1 << 20);
  EXPECT_ONLY("P2");
}

TYPED_TEST(BrokenTest, P3_more_free_than_there_are) {
  ASSERT_GT(this->array(this->second_, 1).count(), 0u);
  FreeBitmap(this->tables().bitmap(PoolIndex{this->shared_pool()}),
             SizeClasses<TypeParam>::kFacts[1].capacity)
      .fill();
  EXPECT_ONLY("P3", "B1");
}

TYPED_TEST(BrokenTest, P4_bit_behind_the_last_block) {
  const unsigned capacity = SizeClasses<TypeParam>::kFacts[this->kBusyClass].capacity;
  ASSERT_NE(capacity % 64, 0u);
  auto& word = this->bitmap_word(this->busy_pool(PoolState::full), capacity / 64);
  word.fetch_or(std::uint64_t{1} << (capacity % 64));
  EXPECT_ONLY("P4");
}

TYPED_TEST(BrokenTest, P6_link_back) {
  this->pool(this->busy_pool(PoolState::listed)).previous = 0;
  EXPECT_ONLY("P6");
}
TYPED_TEST(BrokenTest, P6_link_back_in_the_middle) {
  // A block of the second pool comes back, so that two are listed.
  this->give_up(this->small_[SizeClasses<TypeParam>::kFacts[this->kBusyClass].capacity]);
  const auto& list = this->root().lists[this->kBusyClass];
  ASSERT_GE(list.length, 2u);
  this->pool(list.tail).previous = kNone;
  EXPECT_ONLY("P6");
}
TYPED_TEST(BrokenTest, P6_cycle) {
  const std::uint32_t pool = this->busy_pool(PoolState::listed);
  this->pool(pool).next = pool;
  EXPECT_ONLY("P6");
}
TYPED_TEST(BrokenTest, P6_tail) {
  this->root().lists[this->kBusyClass].tail = 0xabcdef;
  EXPECT_ONLY("P6");
}
TYPED_TEST(BrokenTest, P6_length) {
  ++this->root().lists[this->kBusyClass].length;
  EXPECT_ONLY("P6");
}
TYPED_TEST(BrokenTest, P6_says_where_the_list_is) {
  auto& list = this->root().lists[this->kBusyClass];
  ++list.length;
  const auto report = this->audit();
  EXPECT_NE(report.text.find(hex_of(&list)), std::string::npos) << hex_of(&list) << report;
}
TYPED_TEST(BrokenTest, P6_list_of_a_class_there_is_not) {
  const std::uint32_t none = this->root().class_count;
  ASSERT_LT(none, kMaxClasses);
  ClassList<Native>& list = this->root().lists[none];
  const auto expect = [&](auto& field) {
    const auto former = static_cast<std::uint32_t>(field);
    field = 0;
    if (former == 0) field = 1;
    EXPECT_ONLY("P6");
    field = former;
  };
  expect(list.head);
  expect(list.tail);
  expect(list.length);
  expect(list.shelved[0]);
  expect(list.shelved[1]);
  expect(list.shelf_room);
  EXPECT_TRUE(this->audit().only({})) << this->audit();
}
TYPED_TEST(BrokenTest, P6_head_leads_out) {
  this->root().lists[this->kBusyClass].head = 0x80000000;
  EXPECT_ONLY("P6", "P7");
}

TYPED_TEST(BrokenTest, P7_full_but_free) {
  this->bitmap_word(this->busy_pool(PoolState::full), 0).fetch_or(1);
  EXPECT_ONLY("P7", "B1");
}
TYPED_TEST(BrokenTest, P7_listed_nowhere) {
  auto& list = this->root().lists[this->kBusyClass];
  list.head = list.tail = kNone;
  list.length = 0;
  EXPECT_ONLY("P7");
}

TYPED_TEST(BrokenTest, P8_never_carved_but_gone) {
  const std::uint32_t pool = this->shared_pool();
  const unsigned block = this->pool(pool).carved.load();
  ASSERT_LT(block, SizeClasses<TypeParam>::kFacts[1].capacity);
  this->bitmap_word(pool, block / 64).fetch_and(~(std::uint64_t{1} << (block % 64)));
  EXPECT_ONLY("P8");
}

TYPED_TEST(BrokenTest, B1_held_and_free) {
  BlockArray array = this->array(this->second_, 1);
  ASSERT_GT(array.count(), 0u);
  const Address block = array.slot(0);
  const std::uint32_t pool = this->tables().pool_of(block).value;
  const unsigned index =
      this->tables().offset_in_pool(block) / SizeClasses<TypeParam>::kFacts[1].block_bytes;
  this->bitmap_word(pool, index / 64).fetch_or(std::uint64_t{1} << (index % 64));
  EXPECT_ONLY("B1");
}

TYPED_TEST(BrokenTest, B2_blocks_inside_a_span) {
  this->tables().class_byte(PoolIndex{this->pool_of(this->span_) + 1}).store(1);
  EXPECT_ONLY("B2");
}
TYPED_TEST(BrokenTest, B2_free_inside_a_span) {
  const std::uint32_t inside = this->pool_of(this->span_) + 1;
  this->arena_of(inside).free_pools |= this->bit_of(inside);
  EXPECT_ONLY("B2", "A2", "S1");
}
TYPED_TEST(BrokenTest, B2_attached_inside_a_span) {
  ASSERT_EQ(this->attached(this->second_, 0), kNone);
  this->attached(this->second_, 0) = this->pool_of(this->span_) + 1;
  EXPECT_ONLY("B2");
}

TYPED_TEST(BrokenTest, L1_length) {
  const std::uint32_t first = this->pool_of(this->span_);
  for (std::uint32_t pools : {0u, 1u, 2u, 4u, 1u << 30}) {
    this->pool(first).span_pools = pools;
    EXPECT_ONLY("L1", "B2", "A3");
  }
}
TYPED_TEST(BrokenTest, L1_bytes) {
  this->pool(this->pool_of(this->span_)).span_bytes = TypeParam::kPoolBytes * 3 + 1;
  EXPECT_ONLY("L1");
  this->pool(this->pool_of(this->span_)).span_bytes = TypeParam::kPoolBytes * 2;
  EXPECT_ONLY("L1");
}
TYPED_TEST(BrokenTest, L1_end) {
  this->pool(this->pool_of(this->span_) + 2).span_pools = 7;
  EXPECT_ONLY("L1");
  this->pool(this->pool_of(this->span_) + 2).state.store(PoolState::free);
  EXPECT_ONLY("L1");
}
TYPED_TEST(BrokenTest, L1_no_beginning) {
  this->pool(this->pool_of(this->span_)).state.store(PoolState::free);
  EXPECT_ONLY("L1", "A3");
}

/// What may still be a part of it is passed over, up to the first pool that is something else.
TYPED_TEST(BrokenTest, L1_of_no_known_length_hides_only_what_may_be_in_it) {
  const std::uint32_t single = this->pool_of(this->single_);
  ASSERT_TRUE(this->is_free(single + 1) && this->is_free(single + 2));
  const auto free_without_a_bit = [&] {
    const auto report = this->audit();
    EXPECT_NE(report.text.find("a span of 0 pools"), std::string::npos) << report;
    return report.text.find("is free but has no bit") != std::string::npos;
  };
  this->pool(single).span_pools = 0;
  auto& free = this->arena_of(single).free_pools;
  free &= ~this->bit_of(single + 2);
  EXPECT_TRUE(free_without_a_bit()) << "behind a free pool";
  free &= ~this->bit_of(single + 1);
  EXPECT_FALSE(free_without_a_bit()) << "both may be in the span";
  this->pool(single + 1).state.store(PoolState::full);
  EXPECT_TRUE(free_without_a_bit()) << "behind a pool of blocks";
}

TYPED_TEST(BrokenTest, T1_fill) {
  BlockArray array = this->array(this->second_, 1);
  ASSERT_GT(array.count(), 0u);
  array.set_capacity(array.count() - 1);
  EXPECT_ONLY("T1");
}
TYPED_TEST(BrokenTest, T1_capacity) {
  this->array(this->second_, 1).set_capacity(60000);
  EXPECT_ONLY("T1");
}
TYPED_TEST(BrokenTest, T1_reciprocal) {
  this->array(this->second_, 1).set_reciprocal(3);
  EXPECT_ONLY("T1");
}
TYPED_TEST(BrokenTest, T1_state) {
  for (unsigned state : {0u, 2u, 9u}) {
    thread_header(this->second_).state.store(static_cast<ThreadState>(state));
    EXPECT_ONLY("T1");
  }
}
TYPED_TEST(BrokenTest, T1_number) {
  thread_header(this->second_).index = 5;
  EXPECT_ONLY("T1");
}
TYPED_TEST(BrokenTest, T1_the_array_of_capacity_zero) {
  thread_header(this->second_).none.capacity = 4;
  EXPECT_ONLY("T1");
}
TYPED_TEST(BrokenTest, T1_thread_has_ended) {
  const std::uint64_t threads[] = {10, 20};
  thread_header(this->first_).system_thread.store(10);
  thread_header(this->second_).system_thread.store(20);
  EXPECT_TRUE(this->audit(nullptr, {}, threads).only({}));
  thread_header(this->second_).system_thread.store(15);
  EXPECT_TRUE(this->audit(nullptr, {}, threads).only({"T1"}));
}

TYPED_TEST(BrokenTest, T2_entries) {
  BlockArray array = this->array(this->second_, 1);
  ASSERT_GT(array.count(), 1u);
  const Address block = array.slot(0);
  const auto& facts = SizeClasses<TypeParam>::kFacts[1];
  const Address pool = this->tables().pool_address(this->tables().pool_of(block));
  for (Address entry :
       {block + 8, Address{0}, ~Address{0}, array.slot(1), reinterpret_cast<Address>(this->span_),
        reinterpret_cast<Address>(this->small_[1]),
        this->tables().pool_address(PoolIndex{this->untouched_pool()})}) {
    array.set_slot(0, entry);
    EXPECT_ONLY("T2");
  }
  if (facts.capacity * facts.block_bytes < TypeParam::kPoolBytes) {
    array.set_slot(0, pool + facts.capacity * facts.block_bytes);
    EXPECT_ONLY("T2");
  }
}

TYPED_TEST(BrokenTest, T1_shelf) {
  ClassList<Native>& list = this->root().lists[this->kShelvedClass];
  const std::uint32_t room = list.shelf_room.load();
  const std::uint32_t slots = this->root().classes[this->kShelvedClass].shelf_slots;
  list.shelf_room.store(slots + 1);
  EXPECT_ONLY("T1");
  list.shelf_room.store(room);
  for (std::atomic<std::uint32_t>& shelved : list.shelved) {
    const std::uint32_t before = shelved.load();
    shelved.store(slots + 1);
    EXPECT_ONLY("T1", "T2");
    shelved.store(before);
  }
  EXPECT_TRUE(this->audit().only({})) << this->audit();
  this->root().shelves.committed.store(0);
  EXPECT_ONLY("T1");
}

TYPED_TEST(BrokenTest, T1_shelf_of_every_class) {
  for (std::uint32_t i = 0; i < this->root().class_count; ++i) {
    std::atomic<std::uint32_t>& room = this->root().lists[i].shelf_room;
    const std::uint32_t before = room.load();
    room.store(this->root().classes[i].shelf_slots + 1);
    EXPECT_ONLY("T1");
    room.store(before);
  }
  EXPECT_TRUE(this->audit().only({})) << this->audit();
}

TYPED_TEST(BrokenTest, T2_on_a_shelf) {
  const SizeClass size_class{static_cast<std::uint8_t>(this->kShelvedClass)};
  const std::uint32_t shelved = this->root().lists[size_class.value].shelved[this->kShelf].load();
  std::uint64_t* shelf = this->tables().shelf(size_class, this->kShelf, shelved);
  const BlockArray array = this->array(this->second_, this->kShelvedClass);
  ASSERT_GT(array.count(), 0u);
  const std::uint64_t block = shelf[0];
  for (Address entry :
       {block + 8, Address{0}, ~Address{0}, shelf[1], array.slot(0),
        reinterpret_cast<Address>(this->span_), reinterpret_cast<Address>(this->small_[1])}) {
    shelf[0] = entry;
    EXPECT_ONLY("T2");
  }
  shelf[0] = block;
  EXPECT_TRUE(this->audit().only({})) << this->audit();
}

TYPED_TEST(BrokenTest, S1_sums) {
  ++this->root().used_pools;
  EXPECT_ONLY("S1");
  --this->root().used_pools;
  ++this->root().dirty_pools;
  EXPECT_ONLY("S1");
}

TYPED_TEST(BrokenTest, S2_mapped) {
  Region storage[8];
  Regions regions(storage, 8);
  this->map_committed(regions, 0, TypeParam::kPageBytes);
  EXPECT_TRUE(this->audit(&regions).only({"S2"})) << this->audit(&regions);
}

/// More accessible than the root says; as much as it says, but not there.
TYPED_TEST(BrokenTest, S2_mapped_elsewhere) {
  const Stretch<Native>& range = this->root().range;
  const Address begin = range.address, end = range.address + range.committed.load();
  ASSERT_GT(range.bytes, range.committed.load());
  for (const Region& mapped :
       {Region{begin, end + TypeParam::kPageBytes},
        Region{begin + TypeParam::kPageBytes, end + TypeParam::kPageBytes}}) {
    Region storage[9];
    Regions regions(storage, 9);
    this->map_committed(regions, 0, range.committed.load());
    regions.add(mapped.begin, mapped.end);
    const auto report = this->audit(&regions);
    EXPECT_TRUE(report.only({"S2"})) << report;
    EXPECT_EQ(report.ids.size(), 1u) << report;
  }
}

TEST(Invariants, every_one_says_what_it_is) {
  for (const InvariantFacts& facts : kInvariants) {
    EXPECT_EQ(std::string(facts.id).size(), 2u);
    EXPECT_NE(facts.statement[0], '\0') << facts.id;
    EXPECT_NE(facts.broken[0], '\0') << facts.id;
    EXPECT_NE(facts.check[0], '\0') << facts.id;
  }
  EXPECT_STREQ(facts_of(Invariant::A5).id, "A5");
  EXPECT_STREQ(facts_of(Invariant::B1).id, "B1");
  EXPECT_STREQ(facts_of(Invariant::L2).id, "L2");
  EXPECT_STREQ(facts_of(Invariant::S2).id, "S2");
}

TEST(Findings, of_each_invariant_only_the_first_few_are_passed_on) {
  int passed = 0;
  Findings findings([](void* count, const Finding&) { ++*static_cast<int*>(count); }, &passed, 3);
  for (int i = 0; i < 10; ++i) findings.add(Invariant::P4, {}, Message{} << "x");
  findings.add(Invariant::P6, {}, Message{} << "y");
  EXPECT_EQ(passed, 4);
  EXPECT_EQ(findings.total(), 11u);
  EXPECT_EQ(findings.suppressed(Invariant::P4), 7u);
  EXPECT_EQ(findings.suppressed(Invariant::P6), 0u);
}

}  // namespace
}  // namespace arenite
