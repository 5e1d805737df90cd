// SPDX-License-Identifier: MIT
// L1 and B2: the spans, as the walk over the pools meets them.
#pragma once

#include "debug/audit/marks.hpp"
#include "layout/view.hpp"

namespace arenite {

template <MemoryView View>
class SpanAudit {
 public:
  explicit SpanAudit(const AuditContext<View>& context) : context_(context) {}

  /// Judges the span that begins at `first`. Returns how many pools it takes; 0 if that cannot be
  /// told.
  std::uint32_t begin(std::uint32_t first, const PoolDescriptor<Remote>& descriptor) {
    const std::uint32_t pools = descriptor.span_pools;
    const std::uint64_t bytes = std::uint64_t{pools} * plan().root.pool_bytes;
    if (pools == 0 || pools > plan().pool_count - first) {
      add(Invariant::L1, first,
          Message{} << "a span of " << pools << " pools from here would leave the arenas");
      return 0;
    }
    if (descriptor.span_bytes > bytes || descriptor.span_bytes + plan().root.pool_bytes <= bytes ||
        descriptor.span_bytes % plan().root.page_bytes != 0)
      add(Invariant::L1, first,
          Message{} << "a span of " << pools << " pools says it has " << descriptor.span_bytes
                    << " bytes");
    return pools == 1 || ends_at(first, pools) ? pools : 0;
  }

  /// Judges a pool inside a span: it must be nobody else's.
  void inside(std::uint32_t pool, bool free_bit, std::uint8_t class_byte) {
    const PoolMark& mark = context_.marks.pool(pool);
    const char* whose = free_bit             ? "free for the arena"
                        : class_byte != 0    ? "a pool of blocks by its class byte"
                        : mark.listed != 0   ? "in the list of a class"
                        : mark.attached != 0 ? "attached to a thread"
                                             : nullptr;
    if (whose != nullptr) add(Invariant::B2, pool, Message{} << "inside a span, and " << whose);
  }

 private:
  const HeapPlan& plan() const { return context_.plan; }
  void add(Invariant invariant, std::uint32_t pool, const Message& message) {
    context_.findings.add(invariant, {Subject::pool, pool, plan().pool(pool)}, message);
  }

  bool ends_at(std::uint32_t first, std::uint32_t pools) {
    const std::uint32_t last = first + pools - 1;
    PoolDescriptor<Remote> end;
    if (!read_object(context_.view, plan().pool(last), end)) {
      context_.findings.unreadable(plan().pool(last));
      return false;
    }
    if (end.state == PoolState::span_end && end.span_pools == pools) return true;
    add(Invariant::L1, first,
        Message{} << "a span of " << pools << " pools, but pool " << last
                  << " is no such span's end");
    return false;
  }

  const AuditContext<View>& context_;
};

}  // namespace arenite
