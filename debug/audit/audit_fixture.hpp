// SPDX-License-Identifier: MIT
// For tests: a heap over fake pages with something of everything in it, and its audit as a list of
// invariant ids.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "debug/audit/audit.hpp"
#include "debug/audit/finding_line.hpp"
#include "debug/memory/in_process_view.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "os/fake_pages.hpp"

namespace arenite {

template <class G>
class AuditFixture : public ::testing::Test {
 public:
  using Config = HeapConfig<G, FakePages>;
  using Classes = SizeClasses<G>;
  static constexpr std::size_t kRange = kArenaBytes<G> * 4;
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  void SetUp() override {
    ASSERT_TRUE(heap_.open(kRange));
    first_ = heap_.attach(0);
    second_ = heap_.attach(0);
    ASSERT_NE(first_, ThreadBlock{0});
    ASSERT_NE(second_, ThreadBlock{0});
  }

  HeapRoot<Native>& root() { return heap_.root(); }
  Tables<G> tables() { return Tables<G>(root()); }
  PoolDescriptor<Native>& pool(std::uint32_t index) { return tables().pool(PoolIndex{index}); }
  ArenaDescriptor<Native>& arena(std::uint32_t index) { return tables().arena(ArenaIndex{index}); }
  std::uint32_t pool_count() { return tables().arena_count() * kArenaPools; }
  std::uint32_t pool_of(const void* block) {
    return tables().pool_of(reinterpret_cast<Address>(block)).value;
  }
  BitmapWord<Native>& bitmap_word(std::uint32_t index, unsigned word) {
    return tables().bitmap(PoolIndex{index})[word];
  }
  BlockArray array(ThreadBlock thread, unsigned size_class) {
    return {thread, Classes::kFacts[size_class].first_line * kLineBytes};
  }
  std::uint32_t& attached(ThreadBlock thread, unsigned size_class) {
    return attached_pool(thread, ThreadLayout<G>::kAttachedOffset,
                         SizeClass{static_cast<std::uint8_t>(size_class)});
  }

  /// The first pool in a state; kNobody if there is none.
  std::uint32_t find(PoolState state, std::uint32_t from = 0) {
    for (std::uint32_t i = from; i < pool_count(); ++i)
      if (pool(i).state.load() == state && (state != PoolState::free || is_free(i))) return i;
    return kNobody;
  }
  bool is_free(std::uint32_t index) {
    return (arena(index / kArenaPools).free_pools >> (index % kArenaPools) & 1) != 0;
  }

  /// The pool from which the second thread has its few blocks of class 1.
  std::uint32_t shared_pool() { return tables().pool_of(array(second_, 1).slot(0)).value; }

  void* allocate(std::size_t size, ThreadBlock thread = 0) {
    void* block = heap_.allocate(thread == 0 ? first_ : thread, size);
    EXPECT_NE(block, nullptr);
    return block;
  }
  void free(void* block, ThreadBlock thread = 0) {
    heap_.free(thread == 0 ? first_ : thread, block);
  }

  /// Pools in every state: attached, listed, full, free in each of the three ways, spans of one and
  /// of three pools, one that its thread keeps; and a shelf with blocks.
  void fill() {
    const std::size_t capacity = Classes::kFacts[kBusyClass].capacity;
    const std::size_t size = Classes::kBlocks[kBusyClass];
    for (std::size_t i = 0; i < capacity * 4; ++i) small_.push_back(allocate(size));
    // A full pool with holes is listed; the last third stays as it is.
    for (std::size_t i = 0; i < capacity; i += 2) give_up(small_[i]);
    // Some of them stand in an array afterwards, whatever a refill takes.
    for (std::size_t i = 0; i < 11; ++i) other_.push_back(allocate(Classes::kBlocks[1], second_));
    for (std::size_t i = 0; i < 3; ++i, other_.pop_back()) free(other_.back(), second_);
    fill_shelf();
    span_ = allocate(G::kPoolBytes * 3 - 100);
    single_ = allocate(Classes::kSmallLimit + 1);
    void* gone = allocate(G::kPoolBytes * 2);
    void* between = allocate(Classes::kSmallLimit + 1);
    kept_ = allocate(G::kPoolBytes * 2);
    after_ = allocate(Classes::kSmallLimit + 1);
    free(gone);
    free(kept_);
    other_.push_back(between);
  }

  /// A burst that its array does not hold, over shelves that have room.
  void fill_shelf() {
    root().lists[kShelvedClass].shelf_room.store(root().classes[kShelvedClass].shelf_slots);
    std::vector<void*> burst(2u * Classes::kFacts[kShelvedClass].slots);
    for (void*& block : burst) block = allocate(Classes::kBlocks[kShelvedClass], second_);
    for (void* block : burst) free(block, second_);
    ASSERT_GT(root().lists[kShelvedClass].shelved[kShelf].load(), 1u);
  }

  /// Every finding of an audit, one line each.
  struct Report {
    std::vector<std::string> ids;
    std::string text;
    AuditEnd end = AuditEnd::no_root;
    bool locked = false;
    std::uint64_t unreadable = 0;

    bool only(std::initializer_list<const char*> expected) const {
      for (const std::string& id : ids)
        if (std::find(expected.begin(), expected.end(), id) == expected.end()) return false;
      return ids.empty() == (expected.size() == 0) &&
             (ids.empty() || std::find(ids.begin(), ids.end(), *expected.begin()) != ids.end());
    }
    friend std::ostream& operator<<(std::ostream& out, const Report& report) {
      return out << "findings:\n" << report.text;
    }
  };

  Report audit(const Regions* accessible = nullptr, std::span<const std::uint8_t> build_id = {},
               std::span<const std::uint64_t> threads = {}) {
    std::vector<Region> storage(16);
    Regions readable(storage.data(), storage.size());
    const Address here = reinterpret_cast<Address>(&root());
    const Region root_region{here, here + sizeof(HeapRoot<Native>)};
    if (root_region.begin < true_reservation().begin)
      readable.add(root_region.begin, root_region.end);
    readable.add(true_reservation().begin, true_reservation().end);
    if (root_region.begin > true_reservation().begin)
      readable.add(root_region.begin, root_region.end);
    return audit_through(InProcessView(readable), accessible, build_id, threads);
  }

  template <MemoryView View>
  Report audit_through(const View& view, const Regions* accessible = nullptr,
                       std::span<const std::uint8_t> build_id = {},
                       std::span<const std::uint64_t> threads = {}) {
    Report report;
    Findings findings(&AuditFixture::take, &report);
    const AuditSubject subject{reinterpret_cast<Address>(&root()), accessible, build_id, threads};
    audit_heap(view, subject, findings, *result_);
    report.end = result_->end;
    report.locked = result_->locked;
    report.unreadable = findings.unreadable_count();
    return report;
  }

  /// Remembered at the first audit, before a test overwrites it in the root.
  Region true_reservation() {
    if (reservation_.begin == 0)
      reservation_ = {root().reservation, root().reservation + root().reservation_bytes};
    return reservation_;
  }

  const Statistics& statistics() const { return result_->statistics; }

 protected:
  static constexpr unsigned kBusyClass = 2;
  static constexpr unsigned kShelvedClass = 3;
  /// The second thread's own.
  static constexpr unsigned kShelf = 1;

  /// Frees a block past the arrays, so that its bit is set now.
  void give_up(void*& block) {
    free(block);
    block = nullptr;
    flush(first_);
  }
  /// Hands back what the array of the busy class holds, and stays attached.
  void flush(ThreadBlock thread) {
    BlockArray busy = array(thread, kBusyClass);
    const unsigned capacity = busy.capacity();
    std::vector<void*> blocks;
    for (Address block; busy.pop(block);) blocks.push_back(reinterpret_cast<void*>(block));
    busy.set_capacity(0);
    for (void* block : blocks) heap_.free(thread, block);
    busy.set_capacity(capacity);
  }

  static void take(void* context, const Finding& finding) {
    auto& report = *static_cast<Report*>(context);
    report.ids.emplace_back(facts_of(finding.invariant).id);
    FindingLine line;
    write_finding(finding, line);
    report.text += line.c_str();
    report.text += '\n';
  }

  FakeMemory memory_{G::kPageBytes};
  Heap<Config> heap_{FakePages(memory_)};
  ThreadBlock first_ = 0;
  ThreadBlock second_ = 0;
  std::vector<void*> small_;
  std::vector<void*> other_;
  void* span_ = nullptr;
  void* single_ = nullptr;
  void* kept_ = nullptr;
  void* after_ = nullptr;
  Region reservation_{0, 0};
  std::unique_ptr<AuditResult> result_ = std::make_unique<AuditResult>();
};

using AuditedGeometries = ::testing::Types<Tiny, Classic, Production>;

}  // namespace arenite
