// SPDX-License-Identifier: MIT
// Kernels for the tests of the page-guard heap: one that only keeps book of what is accessible, and
// refuses a call by its number; and the real one, asked what it lets a program read. Each stands
// for one way to guard pages.
#pragma once

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "debug/guard/page_heap.hpp"
#include "debug/guard/page_linux.hpp"
#include "os/faulty_pages.hpp"

namespace arenite {

/// All memory is there and accessible; what a real kernel would let happen is in the book.
class FakeKernel {
 public:
  FaultPlan plan;
  std::size_t mapping_limit = 1000;
  bool in_parent = true;  ///< false: what a forked child finds
  unsigned renewed = 0;

  ~FakeKernel() {
    for (auto& [begin, pages] : stretches_) ::munmap(pointer(begin), pages.size() * kPageBytes);
  }

  PageCalls table() {
    return {this,  reserve, release, protect,  advise, unlock,
            watch, supply,  move,    watching, renew,  read_mapping_limit};
  }

  bool accessible(Address at) const {
    const std::lock_guard<std::mutex> guard(mutex_);
    const Page* page = find(at);
    return page != nullptr && page->mapped && !page->marked && (!page->watched || page->present);
  }

  /// Mappings a kernel would have, beyond one for each stretch.
  std::size_t extra_mappings() const {
    std::size_t count = 0;
    for (const auto& [begin, pages] : stretches_)
      for (std::size_t i = 1; i < pages.size(); ++i)
        count += pages[i].mapped != pages[i - 1].mapped;
    return count;
  }

  std::size_t reserved_stretches() const { return stretches_.size(); }

 private:
  struct Page {
    bool mapped = false, marked = false, watched = false, present = false;
  };

  static void* pointer(Address at) { return reinterpret_cast<void*>(at); }
  static FakeKernel& self(void* context) { return *static_cast<FakeKernel*>(context); }

  const Page* find(Address at) const {
    auto after = stretches_.upper_bound(at);
    if (after == stretches_.begin()) return nullptr;
    const auto& [begin, pages] = *--after;
    const std::size_t index = (at - begin) / kPageBytes;
    return index < pages.size() ? &pages[index] : nullptr;
  }
  Page* find(Address at) { return const_cast<Page*>(std::as_const(*this).find(at)); }

  template <class Change>
  static bool each(void* context, Address at, std::size_t bytes, const Change& change) {
    FakeKernel& kernel = self(context);
    const std::lock_guard<std::mutex> guard(kernel.mutex_);
    if (kernel.plan.refuses()) return false;
    for (std::size_t offset = 0; offset < bytes; offset += kPageBytes)
      change(*kernel.find(at + offset));
    return true;
  }

  static Address reserve(void* context, std::size_t bytes) {
    FakeKernel& kernel = self(context);
    if (kernel.plan.refuses()) return 0;
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    kernel.stretches_[reinterpret_cast<Address>(at)].resize(bytes / kPageBytes);
    return reinterpret_cast<Address>(at);
  }
  static void release(void* context, Address at, std::size_t bytes) {
    ::munmap(pointer(at), bytes);
    self(context).stretches_.erase(at);
  }
  static bool protect(void* context, Address at, std::size_t bytes, bool accessible) {
    return each(context, at, bytes, [&](Page& page) { page.mapped = accessible; });
  }
  static bool advise(void* context, Address at, std::size_t bytes, PageCalls::Advice advice) {
    if (advice == PageCalls::Advice::keep) return true;
    const bool done = each(context, at, bytes, [&](Page& page) {
      if (advice == PageCalls::Advice::mark) page.marked = true;
      if (advice == PageCalls::Advice::unmark) page.marked = false;
      page.present = false;
    });
    if (done && advice != PageCalls::Advice::unmark) std::memset(pointer(at), 0, bytes);
    return done;
  }
  static void unlock(void*, Address, std::size_t) {}
  static bool watch(void* context, Address at, std::size_t bytes) {
    return each(context, at, bytes, [](Page& page) { page.watched = true; });
  }
  static bool supply(void* context, Address at, const void* from) {
    bool there = true;
    if (!each(context, at, kPageBytes, [&](Page& page) {
          there = page.present || !page.watched;
          page.present = true;
        }))
      return false;
    if (!there) std::memcpy(pointer(at), from, kPageBytes);
    return !there;
  }
  static bool move(void* context, Address from, Address to) {
    FakeKernel& kernel = self(context);
    const std::lock_guard<std::mutex> guard(kernel.mutex_);
    if (kernel.plan.refuses() || !kernel.find(from)->present || kernel.find(to)->present)
      return false;
    std::swap(kernel.find(from)->present, kernel.find(to)->present);
    std::memcpy(pointer(to), pointer(from), kPageBytes);
    std::memset(pointer(from), 0, kPageBytes);
    return true;
  }
  static bool watching(void* context) { return self(context).in_parent; }
  static bool renew(void* context) {
    if (self(context).in_parent) return false;
    self(context).in_parent = true;
    ++self(context).renewed;
    return true;
  }
  static std::size_t read_mapping_limit(void* context) { return self(context).mapping_limit; }

  mutable std::mutex mutex_;
  std::map<Address, std::vector<Page>> stretches_;
};

template <GuardKind kGuards>
struct FakeWorld {
  static constexpr GuardKind kKind = kGuards;
  static constexpr bool kReal = false;
  FakeKernel kernel;
  PageCalls table() { return kernel.table(); }
  bool accessible(Address at) const { return kernel.accessible(at); }
};

template <GuardKind kGuards>
struct RealWorld {
  static constexpr GuardKind kKind = kGuards;
  static constexpr bool kReal = true;
  LinuxPageCalls kernel;
  ~RealWorld() { kernel.close(); }
  PageCalls table() { return kernel.table(); }
  bool accessible(Address at) const {
    char byte;
    iovec to{&byte, 1}, from{reinterpret_cast<void*>(at), 1};
    return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == 1;
  }
};

using FakeWorlds = ::testing::Types<FakeWorld<GuardKind::moving>, FakeWorld<GuardKind::marks>,
                                    FakeWorld<GuardKind::mappings>>;
using RealWorlds = ::testing::Types<RealWorld<GuardKind::moving>, RealWorld<GuardKind::marks>,
                                    RealWorld<GuardKind::mappings>>;
using AllWorlds = ::testing::Types<FakeWorld<GuardKind::moving>, FakeWorld<GuardKind::marks>,
                                   FakeWorld<GuardKind::mappings>, RealWorld<GuardKind::moving>,
                                   RealWorld<GuardKind::marks>, RealWorld<GuardKind::mappings>>;

using Sizes = std::initializer_list<std::size_t>;

/// Settings of a small heap that guards in the way of the world.
template <class World>
PageHeapSettings small_settings() {
  PageHeapSettings settings;
  settings.reservation_bytes = std::size_t{64} << 20;
  settings.memory_bytes = std::size_t{1} << 30;
  settings.may_move = World::kKind == GuardKind::moving;
  settings.may_mark = World::kKind != GuardKind::mappings;
  return settings;
}

/// A heap in a world, and short ways to use it.
template <class World>
class PageHeapTest : public ::testing::Test {
 protected:
  World world;
  PageHeapSettings settings = small_settings<World>();
  std::unique_ptr<PageHeap> heap = std::make_unique<PageHeap>();
  Decline why = Decline::none;
  std::uint64_t serial = 0;
  BlockFacts facts;
  SlackDamage damage;

  ~PageHeapTest() override { heap->close(); }

  /// False: this kernel cannot guard that way.
  bool open() {
    return heap->open(settings, world.table()) && heap->statistics().small_kind == World::kKind;
  }

  Address allocate(std::size_t size, std::size_t alignment = 0, bool zeroed = false) {
    ++serial;
    return reinterpret_cast<Address>(
        heap->allocate({size, alignment, zeroed, Family::malloc, serial, 7, 1}, why));
  }

  ClaimVerdict claim(Address block) { return heap->claim(block, facts, damage); }

  void free(Address block) {
    EXPECT_EQ(claim(block), ClaimVerdict::intact);
    heap->free(block, 9, 2);
  }

  static unsigned char& byte(Address at) { return *reinterpret_cast<unsigned char*>(at); }
};

#define OPEN_OR_SKIP() \
  if (!this->open()) GTEST_SKIP() << "this kernel cannot guard that way"

}  // namespace arenite
