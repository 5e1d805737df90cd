// SPDX-License-Identifier: MIT
// A heap over fake pages that refuse on demand, for tests of every geometry, with arrays and
// without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"

namespace arenite {

#if defined(__has_feature)
#define ARENITE_HAS_FEATURE(name) __has_feature(name)
#else
#define ARENITE_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || ARENITE_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif
#if defined(__SANITIZE_ADDRESS__) || ARENITE_HAS_FEATURE(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kThreadSanitizer;
#endif
#undef ARENITE_HAS_FEATURE

/// Bytes that tell whose block it is. Different for neighbouring tags at every place.
inline unsigned char stamp_at(std::size_t place, unsigned tag) {
  return static_cast<unsigned char>(tag * 37 + place * 11 + (place >> 8) + 1);
}
inline void stamp(void* block, std::size_t bytes, unsigned tag) {
  for (std::size_t i = 0; i < bytes; ++i) static_cast<unsigned char*>(block)[i] = stamp_at(i, tag);
}
inline bool stamped(const void* block, std::size_t bytes, unsigned tag) {
  for (std::size_t i = 0; i < bytes; ++i)
    if (static_cast<const unsigned char*>(block)[i] != stamp_at(i, tag)) return false;
  return true;
}
inline bool all_zero(const void* block, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    if (static_cast<const unsigned char*>(block)[i] != 0) return false;
  return true;
}
inline Address address_of(const void* block) {
  return reinterpret_cast<Address>(block);
}
inline std::string hex(Address at) {
  Text<32> text;
  text << Hex{at};
  return text.c_str();
}

template <Geometry G>
struct FakeHeap {
  using Pages = FaultyPages<FakePages>;
  using TestHeap = Heap<HeapConfig<G, Pages>>;
  static constexpr std::size_t kArenas = 4;

  explicit FakeHeap(std::size_t arenas = kArenas) { opened = heap.open(arenas * kArenaBytes<G>); }
  ~FakeHeap() {
    if (opened) heap.close();
  }
  FakeHeap(const FakeHeap&) = delete;
  FakeHeap& operator=(const FakeHeap&) = delete;

  FakeMemory memory{G::kPageBytes};
  FaultPlan plan;
  TestHeap heap{Pages(FakePages(memory), plan)};
  bool opened = false;
};

/// A geometry, and whether the test's thread has arrays.
template <Geometry G, ThreadState S = ThreadState::live>
struct On {
  using Layout = G;
  static constexpr ThreadState kState = S;
};

template <class Setup>
class HeapFixture : public testing::Test {
 protected:
  using G = typename Setup::Layout;
  static constexpr std::size_t kSmall = SizeClasses<G>::kSmallLimit;
  static constexpr std::size_t kPool = G::kPoolBytes;
  static constexpr std::size_t kArena = kArenaBytes<G>;
  static constexpr std::size_t kRange = FakeHeap<G>::kArenas * kArena;
  static constexpr bool kHasArrays = Setup::kState == ThreadState::live;

  void SetUp() override {
    ASSERT_TRUE(fake.opened);
    thread = heap.attach(1, Setup::kState);
    ASSERT_NE(thread, 0u);
  }

  void* allocate(std::size_t size) { return heap.allocate(thread, size); }
  void free(void* block) { heap.free(thread, block); }
  void refuse(std::uint64_t length) {
    fake.plan.first = fake.plan.asked + 1;
    fake.plan.length = length;
  }
  void allow() { fake.plan.first = 0; }

  /// Everything was freed: nothing is in use once the thread has handed back what it holds.
  void expect_all_free() {
    heap.hand_back_all(thread);
    EXPECT_EQ(heap.root().used_pools, 0u);
    for (const auto& list : heap.root().lists) {
      EXPECT_EQ(list.length, 0u);
      EXPECT_EQ(list.head, kNone);
      EXPECT_EQ(list.tail, kNone);
    }
    EXPECT_EQ(arena_findings<G>(heap.root()), "");
  }

  FakeHeap<G> fake;
  typename FakeHeap<G>::TestHeap& heap = fake.heap;
  ThreadBlock thread = 0;
};

using HeapSetups = testing::Types<On<Tiny>, On<Tiny, ThreadState::diverted>, On<Classic>,
                                  On<Production>, On<Production, ThreadState::diverted>>;

}  // namespace arenite
