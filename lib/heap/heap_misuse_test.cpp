// SPDX-License-Identifier: MIT
// What the heap says to a caller's mistakes, word for word.
#include <string>

#include <gtest/gtest.h>

#include "base/caught_fatal.hpp"
#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

constexpr const char* kForeign = "foreign pointer: this heap never handed out that address";
constexpr const char* kInsideSpan = "interior pointer: inside a span";
constexpr const char* kNothingThere = "double free or wild pointer: no block is in use there";

template <class Setup>
class HeapMisuseTest : public HeapFixture<Setup> {
 protected:
  std::string message_of_free(Address at) {
    return fatal_message([&] { this->free(reinterpret_cast<void*>(at)); });
  }
  std::string message_of_free(void* block) { return message_of_free(address_of(block)); }
  static std::string said(const char* operation, Address at, const std::string& what) {
    return std::string(operation) + "(" + hex(at) + "): " + what;
  }
  static std::string said(Address at, const std::string& what) { return said("free", at, what); }
};
TYPED_TEST_SUITE(HeapMisuseTest, HeapSetups);

TYPED_TEST(HeapMisuseTest, ProperFreesSayNothing) {
  for (const std::size_t size : {std::size_t{1}, this->kSmall, this->kSmall + 1, 9 * this->kPool})
    EXPECT_EQ(this->message_of_free(this->allocate(size)), "");
  EXPECT_EQ(this->message_of_free(nullptr), "");
}

TYPED_TEST(HeapMisuseTest, DoubleFreeIsSeenAtTheLatestWhenTheBlockIsHandedBackTwice) {
  for (const std::uint32_t size : TypeParam::Layout::kBlockBytes) {
    void* keep = this->allocate(size);  // so that the pool stays in use
    void* block = this->allocate(size);
    this->free(block);
    const std::string message = fatal_message([&] {
      this->free(block);
      this->heap.hand_back_all(this->thread);
    });
    EXPECT_EQ(message, this->said(address_of(block), "double free: the block is free already"));
    EXPECT_NE(keep, block);
  }
}

TYPED_TEST(HeapMisuseTest, DoubleFreeIsSeenAcrossHandBacks) {
  void* keep = this->allocate(64);
  void* block = this->allocate(64);
  this->free(block);
  this->heap.hand_back_all(this->thread);
  const std::string message = fatal_message([&] {
    this->free(block);
    this->heap.hand_back_all(this->thread);
  });
  EXPECT_EQ(message, this->said(address_of(block), "double free: the block is free already"));
  EXPECT_NE(keep, block);
}

TYPED_TEST(HeapMisuseTest, ASizeDoesNotKeepABadPointerFromBeingSeen) {
  const Address block = address_of(this->allocate(64));
  const auto message = [&](Address at) {
    return fatal_message(
        [&] { this->heap.free_sized(this->thread, reinterpret_cast<void*>(at), 64); });
  };
  EXPECT_NE(message(block + 8).find("interior pointer: 8 bytes into"), std::string::npos);
  EXPECT_EQ(message(this->heap.root().range.address - 64),
            this->said(this->heap.root().range.address - 64, kForeign));
  EXPECT_EQ(message(block), "");
}

TYPED_TEST(HeapMisuseTest, DoubleFreeInAPoolThatWasClosedSaysNothingIsThere) {
  void* block = this->allocate(64);
  this->free(block);
  this->heap.hand_back_all(this->thread);
  EXPECT_EQ(this->message_of_free(block), this->said(address_of(block), kNothingThere));
}

TYPED_TEST(HeapMisuseTest, InteriorPointerNamesTheBlockItLiesIn) {
  for (const std::uint32_t size : TypeParam::Layout::kBlockBytes) {
    this->allocate(size);
    const Address block = address_of(this->allocate(size));
    for (const std::uint32_t inside : {1u, 8u % size, size / 2, size - 1}) {
      if (inside == 0) continue;
      EXPECT_EQ(this->message_of_free(block + inside),
                this->said(block + inside, "interior pointer: " + std::to_string(inside) +
                                               " bytes into the block of " + std::to_string(size) +
                                               " bytes at " + hex(block)));
    }
  }
}

TYPED_TEST(HeapMisuseTest, ForeignPointersAreNamedSuch) {
  int on_stack = 0;
  this->allocate(16);
  const auto& root = this->heap.root();
  const Address places[] = {address_of(&on_stack),
                            16,
                            ~Address{15},
                            root.range.address - 16,
                            root.range.address + root.range.committed,
                            root.range.address + root.range.bytes,
                            root.pools.address};
  for (const Address at : places)
    EXPECT_EQ(this->message_of_free(at), this->said(at, kForeign)) << hex(at);
}

TYPED_TEST(HeapMisuseTest, PoolNobodyUsesHoldsNoBlock) {
  const Address at = address_of(this->allocate(16)) + 10 * this->kPool;
  EXPECT_EQ(this->message_of_free(at), this->said(at, kNothingThere));
  EXPECT_EQ(this->message_of_free(at + 3), this->said(at + 3, kNothingThere));
}

TYPED_TEST(HeapMisuseTest, InteriorOfASpanIsToldInEachOfItsPools) {
  const Address span = address_of(this->allocate(4 * this->kPool));
  const Address places[] = {span + 16,
                            span + this->kPool - 1,
                            span + this->kPool,
                            span + this->kPool + 16,
                            span + 2 * this->kPool,
                            span + 3 * this->kPool,
                            span + 4 * this->kPool - 1};
  for (const Address at : places)
    EXPECT_EQ(this->message_of_free(at), this->said(at, kInsideSpan)) << at - span;
  EXPECT_EQ(this->message_of_free(span), "");
}

TYPED_TEST(HeapMisuseTest, SpanFreedTwiceIsNotThere) {
  void* span = this->allocate(3 * this->kPool);
  this->free(span);
  EXPECT_EQ(this->message_of_free(span), this->said(address_of(span), kNothingThere));
}

TYPED_TEST(HeapMisuseTest, AddressBehindTheLastBlockOfAPoolIsWild) {
  using Classes = SizeClasses<typename TypeParam::Layout>;
  int checked = 0;
  for (const ClassFacts& facts : Classes::kFacts) {
    const std::uint32_t behind = facts.capacity * facts.block_bytes;
    if (behind == this->kPool) continue;
    const Address block = address_of(this->allocate(facts.block_bytes));
    const Address at = round_down(block, this->kPool) + behind;
    const std::string message = fatal_message([&] {
      this->free(reinterpret_cast<void*>(at));
      this->heap.hand_back_all(this->thread);
    });
    EXPECT_EQ(message, this->said(at, "wild pointer: behind the last block of its pool"))
        << facts.block_bytes;
    if (++checked == 5) break;
  }
  EXPECT_GT(checked, 0);
}

TYPED_TEST(HeapMisuseTest, ReallocAndUsableSizeNameThemselves) {
  const Address block = address_of(this->allocate(48)) + 8;
  const Address foreign = address_of(&block);
  const auto bytes = std::to_string(SizeClasses<typename TypeParam::Layout>::facts(
                                        SizeClasses<typename TypeParam::Layout>::class_of(48))
                                        .block_bytes);
  const std::string inside =
      "interior pointer: 8 bytes into the block of " + bytes + " bytes at " + hex(block - 8);
  const auto message = [&](Address at, bool resize) {
    return fatal_message([&] {
      if (resize)
        this->heap.reallocate(this->thread, reinterpret_cast<void*>(at), 10);
      else
        this->heap.usable_size(reinterpret_cast<void*>(at));
    });
  };
  EXPECT_EQ(message(block, true), this->said("realloc", block, inside));
  EXPECT_EQ(message(foreign, true), this->said("realloc", foreign, kForeign));
  EXPECT_EQ(message(block, false), this->said("malloc_usable_size", block, inside));
  EXPECT_EQ(message(foreign, false), this->said("malloc_usable_size", foreign, kForeign));
  EXPECT_EQ(message(block - 8, false), "");
}

TYPED_TEST(HeapMisuseTest, HeapServesOnAfterARefusedFree) {
  void* block = this->allocate(32);
  stamp(block, 32, 1);
  EXPECT_NE(this->message_of_free(address_of(block) + 1), "");
  EXPECT_TRUE(stamped(block, 32, 1));
  this->free(block);
  this->expect_all_free();
}

TYPED_TEST(HeapMisuseTest, BlocksOfAnotherHeapAreForeign) {
  FakeHeap<typename TypeParam::Layout> other;
  const ThreadBlock others = other.heap.attach(2, TypeParam::kState);
  this->allocate(64);
  const Address block = address_of(other.heap.allocate(others, 64));
  EXPECT_EQ(this->message_of_free(block), this->said(block, kForeign));
}

// By default, a mistake ends the process with one line.
TEST(HeapMisuseDeathTest, ForeignFreeAborts) {
  EXPECT_EXIT(
      {
        FakeHeap<Tiny> fake;
        const ThreadBlock thread = fake.heap.attach(1);
        fake.heap.free(thread, reinterpret_cast<void*>(0x1230));
      },
      testing::KilledBySignal(SIGABRT),
      "^arenite: free\\(0x1230\\): foreign pointer: this heap never handed out that address\n$");
}

}  // namespace
}  // namespace arenite
