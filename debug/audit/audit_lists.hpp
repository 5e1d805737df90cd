// SPDX-License-Identifier: MIT
// P6: the class lists. Marks the pools they hold for the checks of the pools.
#pragma once

#include "debug/audit/marks.hpp"
#include "layout/view.hpp"

namespace arenite {

template <MemoryView View>
class ListAudit {
 public:
  explicit ListAudit(const AuditContext<View>& context) : context_(context) {}

  void run() {
    for (std::uint32_t i = 0; i < plan().root.class_count; ++i) walk(i);
    for (std::uint32_t i = plan().root.class_count; i < kMaxClasses; ++i) check_unused(i);
  }

 private:
  const HeapPlan& plan() const { return context_.plan; }

  void add_pool(std::uint32_t pool, const Message& message) {
    context_.findings.add(Invariant::P6, {Subject::pool, pool, plan().pool(pool)}, message);
  }
  void add_list(std::uint32_t size_class, const Message& message) {
    const Address at = plan().root_address + offsetof(HeapRoot<Remote>, lists) +
                       size_class * sizeof(ClassList<Remote>);
    context_.findings.add(Invariant::P6, {Subject::size_class, size_class, at}, message);
  }

  void check_unused(std::uint32_t number) {
    const ClassList<Remote>& list = plan().root.lists[number];
    if (list.head != kNone || list.tail != kNone || list.length != 0 || list.shelved[0] != 0 ||
        list.shelved[1] != 0 || list.shelf_room != 0)
      add_list(number, Message{} << "there is no such class, but its list has something");
  }

  /// Ends at the first pool it has met before, so after as many steps as there are pools.
  void walk(std::uint32_t size_class) {
    const ClassList<Remote>& list = plan().root.lists[size_class];
    std::uint32_t previous = kNone, length = 0;
    for (std::uint32_t i = list.head; i != kNone; ++length) {
      if (i >= plan().pool_count)
        return add_list(size_class, Message{} << "the list leads to pool " << i << ", of "
                                              << plan().pool_count);
      PoolMark& mark = context_.marks.pool(i);
      if (mark.listed != 0)
        return add_pool(i, Message{} << "met a second time, in the list of class " << size_class);
      mark.listed = static_cast<std::uint8_t>(size_class + 1);
      PoolDescriptor<Remote> pool;
      if (!read_object(context_.view, plan().pool(i), pool))
        return context_.findings.unreadable(plan().pool(i));
      if (pool.previous != previous)
        add_pool(i, Message{} << "the link back is " << pool.previous << ", not " << previous);
      previous = i;
      i = pool.next;
    }
    if (previous != list.tail)
      add_list(size_class,
               Message{} << "the list ends at " << previous << ", its tail is " << list.tail);
    if (length != list.length)
      add_list(size_class,
               Message{} << "the list has " << length << " pools and says " << list.length);
  }

  const AuditContext<View>& context_;
};

}  // namespace arenite
