// SPDX-License-Identifier: MIT
// T1, T2 and half of P1: the thread blocks, their arrays, the pools they are attached to, and the
// shelves that they share. Marks what they hold for the checks of the pools.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "debug/audit/marks.hpp"
#include "layout/view.hpp"

namespace arenite {

template <MemoryView View>
class ThreadAudit {
 public:
  /// `threads`: numbers of the process's threads, ascending; empty if not known.
  ThreadAudit(const AuditContext<View>& context, std::span<const std::uint64_t> threads)
      : context_(context), threads_(threads) {}

  void run() {
    for (thread_ = 0; thread_ < plan().thread_count; ++thread_) check_thread();
    for (std::uint32_t i = 0; i < plan().root.class_count; ++i) check_shelves(i);
  }

 private:
  static constexpr std::uint32_t kSlotsAtOnce = 64;
  enum class Holder { array, shelf };

  const HeapPlan& plan() const { return context_.plan; }
  template <class T>
  bool read(Address at, T& to) {
    if (read_object(context_.view, at, to)) return true;
    context_.findings.unreadable(at);
    return false;
  }
  void add(Invariant invariant, const Message& message) {
    context_.findings.add(invariant, {Subject::thread, thread_, plan().thread(thread_)}, message);
  }

  void check_thread() {
    ThreadHeader<Remote> header;
    if (!read(plan().thread(thread_), header)) return;
    if (header.none.count != 0 || header.none.capacity != 0 || header.none.reciprocal != 0)
      add(Invariant::T1, Message{} << "its array of capacity zero has count " << header.none.count
                                   << ", capacity " << header.none.capacity << ", reciprocal "
                                   << header.none.reciprocal);
    if (header.state > ThreadState::diverted)
      add(Invariant::T1, Message{} << "has state " << static_cast<std::uint32_t>(header.state));
    if (header.index != thread_)
      add(Invariant::T1, Message{} << "says it is number " << header.index);
    if (header.state == ThreadState::live && header.system_thread != 0 && !threads_.empty() &&
        !std::binary_search(threads_.begin(), threads_.end(), header.system_thread))
      add(Invariant::T1,
          Message{} << "belongs to thread " << header.system_thread << ", which has ended");
    for (std::uint32_t i = 0; i < plan().root.class_count; ++i) check_array(header.state, i);
    check_attached(header.state);
    if (header.kept_span != 0) check_kept(header.state, header.kept_span - 1);
  }

  void check_array(ThreadState state, std::uint32_t size_class) {
    const ClassRecord& record = plan().root.classes[size_class];
    ThreadArray array;
    if (!read(plan().array(thread_, size_class), array)) return;
    const auto wrong = [&](const char* what) {
      add(Invariant::T1, Message{} << "array of class " << size_class << ": " << what << " (count "
                                   << array.count << ", capacity " << array.capacity << ", "
                                   << record.slots << " slots)");
    };
    if (array.capacity > record.slots) wrong("the capacity is above the slots");
    if (array.count > array.capacity) wrong("the count is above the capacity");
    if (state == ThreadState::diverted && array.capacity != 0)
      wrong("a diverted thread has capacity");
    if (state == ThreadState::unused && array.count != 0) wrong("nobody's array is not empty");
    // An array that never had room may have none.
    if (array.reciprocal != reciprocal(record.block_bytes) &&
        (array.reciprocal != 0 || array.capacity != 0))
      wrong("the reciprocal is another class's");
    check_entries(size_class, plan().array(thread_, size_class) + kArrayHeaderBytes,
                  static_cast<std::uint32_t>(std::min<std::uint64_t>(array.count, record.slots)),
                  Holder::array);
  }

  void check_shelves(std::uint32_t size_class) {
    const std::uint32_t room = plan().root.lists[size_class].shelf_room;
    const std::uint32_t slots = plan().root.classes[size_class].shelf_slots;
    if (room > slots)
      context_.findings.add(Invariant::T1,
                            {Subject::size_class, size_class, plan().shelf(size_class, 0, 0)},
                            Message{} << "shelves of class " << size_class << ": room for " << room
                                      << " blocks is more than the " << slots << " slots");
    for (unsigned i = 0; i < kClassShelves; ++i) check_shelf(size_class, i);
  }

  void check_shelf(std::uint32_t size_class, unsigned number) {
    const std::uint32_t slots = plan().root.classes[size_class].shelf_slots;
    const std::uint32_t count = plan().root.lists[size_class].shelved[number];
    const std::uint32_t standing = std::min(count, slots);
    const Address at = plan().shelf(size_class, number, standing);
    const auto wrong = [&](const char* what) {
      context_.findings.add(Invariant::T1, {Subject::size_class, size_class, at},
                            Message{} << "shelf " << number << " of class " << size_class << ": "
                                      << what << " (" << count << " blocks, " << slots
                                      << " slots)");
    };
    if (count > slots) wrong("the count is above the slots");
    if (count == 0) return;
    if (plan().root.shelves.committed == 0) return wrong("it is not accessible");
    check_entries(size_class, at, standing, Holder::shelf);
  }

  static std::uint32_t reciprocal(std::uint32_t block_bytes) {
    return static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + block_bytes - 1) / block_bytes);
  }

  void check_entries(std::uint32_t size_class, Address at, std::uint32_t count, Holder holder) {
    std::array<std::uint64_t, kSlotsAtOnce> slots;
    while (count > 0) {
      const std::uint32_t part = std::min(count, kSlotsAtOnce);
      if (!context_.view.read(at, slots.data(), part * sizeof slots[0]))
        return context_.findings.unreadable(at);
      for (std::uint32_t i = 0; i < part; ++i) check_entry(size_class, slots[i], holder);
      count -= part;
      at += part * sizeof slots[0];
    }
  }

  void check_entry(std::uint32_t size_class, Address entry, Holder holder) {
    const auto wrong = [&](const char* what) {
      Message message;
      if (holder == Holder::shelf)
        message << "on a shelf of class " << size_class << ": " << what;
      else
        message << "in the array of class " << size_class << " of thread block " << thread_ << ": "
                << what;
      context_.findings.add(Invariant::T2, {Subject::block, thread_, entry}, message);
    };
    if (!plan().in_pools(entry)) return wrong("outside the arenas");
    const std::uint32_t pool = plan().pool_of(entry);
    PoolDescriptor<Remote> descriptor;
    if (!read(plan().pool(pool), descriptor)) return;
    const bool in_use = descriptor.state == PoolState::attached ||
                        descriptor.state == PoolState::listed ||
                        descriptor.state == PoolState::full;
    if (!in_use) return wrong("in a pool that has no blocks");
    if (descriptor.size_class != size_class) return wrong("in a pool of another class");
    const ClassRecord& record = plan().root.classes[size_class];
    const std::uint32_t offset = static_cast<std::uint32_t>(entry - plan().user(pool));
    if (offset % record.block_bytes != 0) return wrong("inside a block");
    const std::uint32_t block = offset / record.block_bytes;
    if (block >= record.capacity) return wrong("behind the last block of its pool");
    if (!context_.marks.hold(pool, block)) wrong("for a second time");
  }

  void check_attached(ThreadState state) {
    std::array<std::uint32_t, kMaxClasses> attached;
    const Address at = plan().attached(thread_);
    if (!context_.view.read(at, attached.data(), plan().root.class_count * sizeof attached[0]))
      return context_.findings.unreadable(at);
    for (std::uint32_t i = 0; i < plan().root.class_count; ++i) {
      const std::uint32_t pool = attached[i];
      if (pool == kNone) continue;
      if (state == ThreadState::unused)
        add(Invariant::T1, Message{} << "is nobody's but attached to pool " << pool);
      if (pool >= plan().pool_count) {
        add(Invariant::P1,
            Message{} << "attached to pool " << pool << ", of " << plan().pool_count);
        continue;
      }
      PoolMark& mark = context_.marks.pool(pool);
      if (mark.attached != 0)
        add(Invariant::P1, Message{} << "attached to pool " << pool << ", as thread block "
                                     << mark.owner << " is");
      mark.attached = static_cast<std::uint8_t>(i + 1);
      mark.owner = thread_;
    }
  }

  void check_kept(ThreadState state, std::uint32_t pool) {
    if (state != ThreadState::live)
      add(Invariant::T1, Message{} << "is no live thread's but keeps the span at pool " << pool);
    if (pool >= plan().pool_count)
      return add(Invariant::P1,
                 Message{} << "keeps the span at pool " << pool << ", of " << plan().pool_count);
    PoolMark& mark = context_.marks.pool(pool);
    if (mark.attached != 0)
      add(Invariant::P1, Message{} << "keeps pool " << pool << " as a span, and thread block "
                                   << mark.owner << " holds it");
    mark.attached = PoolMark::kKept;
    mark.owner = thread_;
  }

  const AuditContext<View>& context_;
  std::span<const std::uint64_t> threads_;
  std::uint32_t thread_ = 0;
};

}  // namespace arenite
