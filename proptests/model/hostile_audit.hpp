// SPDX-License-Identifier: MIT
// The audit over damaged tables, as a hook of the executor: damages the heap as the program's
// `corrupt` operations say, looks at it, and puts it back, so that the program goes on as if
// nothing had been. What the audit may not do, however the tables look: read what is not
// accessible, read without bound, report without bound, find nothing wrong in a heap that is not
// damaged and something in one that is not.
#pragma once

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "debug/audit/audit.hpp"
#include "debug/audit/locate.hpp"
#include "debug/memory/in_process_view.hpp"
#include "proptests/model/fields.hpp"
#include "proptests/model/program.hpp"

namespace arenite::model {

/// What it came to, over a run.
struct HostileCounts {
  std::uint64_t audits = 0;
  std::uint64_t damaged = 0;
  std::uint64_t gated = 0;
  std::uint64_t findings = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t located = 0;
  /// Bytes read in an audit by bytes of tables, the most there was, in percent.
  std::uint64_t most_read_percent = 0;
};

class HostileAudit {
 public:
  HostileAudit(const Program& program, HostileCounts& counts) : counts_(&counts) {
    for (const Operation& operation : program.operations)
      if (operation.kind == Kind::corrupt) damages_.push_back(operation);
  }

  template <class Heap>
  std::string operator()(const Heap& heap) const {
    const Tables tables(heap.root());
    const Saved saved(tables);
    for (const Operation& damage : damages_) apply(damage, tables);
    const bool changed = saved.differs();
    const std::string wrong = look(heap.root(), tables, changed);
    saved.restore();
    return wrong;
  }

 private:
  /// Bytes read of the tables, by their own size; more is not linear.
  static constexpr std::uint64_t kMostReadPercent = 400;
  static constexpr std::uint64_t kMostReadMore = std::uint64_t{64} << 10;

  /// The root and what is committed of each table, as they are before any damage.
  struct Tables {
    Region regions[7];
    std::size_t bytes = 0;
    Region range;
    /// How many there are of what indices are of.
    std::uint32_t counts[4];

    explicit Tables(const HeapRoot<Native>& root) {
      const Stretch<Native>* const stretches[] = {&root.arenas,  &root.class_bytes, &root.pools,
                                                  &root.bitmaps, &root.threads,     &root.shelves};
      const auto at = reinterpret_cast<Address>(&root);
      regions[0] = {at, at + sizeof root};
      for (std::size_t i = 0; i < 6; ++i) regions[i + 1] = committed(*stretches[i]);
      range = committed(root.range);
      counts[1] = static_cast<std::uint32_t>((range.end - range.begin) / root.pool_bytes);
      counts[0] = counts[1] / kArenaPools;
      counts[2] = root.threads_used.load(std::memory_order_relaxed);
      counts[3] = root.class_count;
      for (const Region& region : regions) bytes += region.end - region.begin;
    }
    static Region committed(const Stretch<Native>& stretch) {
      return {stretch.address, stretch.address + stretch.committed.load(std::memory_order_relaxed)};
    }
  };

  class Saved {
   public:
    explicit Saved(const Tables& tables) : tables_(tables), bytes_(tables.bytes) {
      std::size_t done = 0;
      for (const Region& region : tables.regions)
        done = copy(bytes_.data() + done, pointer(region.begin), region, done);
    }
    bool differs() const {
      std::size_t done = 0;
      for (const Region& region : tables_.regions) {
        const std::size_t size = region.end - region.begin;
        if (std::memcmp(bytes_.data() + done, pointer(region.begin), size) != 0) return true;
        done += size;
      }
      return false;
    }
    void restore() const {
      std::size_t done = 0;
      for (const Region& region : tables_.regions)
        done = copy(pointer(region.begin), bytes_.data() + done, region, done);
    }

   private:
    static void* pointer(Address at) { return reinterpret_cast<void*>(at); }
    static std::size_t copy(void* to, const void* from, const Region& region, std::size_t done) {
      std::memcpy(to, from, region.end - region.begin);
      return done + (region.end - region.begin);
    }
    const Tables& tables_;
    std::vector<unsigned char> bytes_;
  };

  static void apply(const Operation& damage, const Tables& tables) {
    constexpr std::size_t kWord = 8;
    const Region& region = tables.regions[get(damage, field::table)];
    const std::size_t size = region.end - region.begin;
    if (size < kWord) return;
    const std::size_t offset = get(damage, field::offset) % size;
    auto* bytes = reinterpret_cast<unsigned char*>(region.begin);
    const std::size_t word = std::min(offset, size - kWord);
    const std::uint32_t value = get(damage, field::value);
    switch (get(damage, field::damage)) {
      case 0:
        bytes[offset] ^= static_cast<unsigned char>(1u << (value & 7));
        break;
      case 1:
        std::memset(bytes + word, static_cast<int>(value), kWord);
        break;
      case 3: {
        const std::uint32_t count = tables.counts[value % 4] - value / 4 % 2;
        std::memcpy(bytes + std::min(offset, size - kWord) / 4 * 4, &count, sizeof count);
        break;
      }
      default:
        std::memmove(bytes + word, bytes + (word + value * kWord) % (size - kWord + 1), kWord);
    }
  }

  /// Counts what is read.
  struct CountingView {
    InProcessView view;
    std::uint64_t* bytes_read;
    bool read(Address at, void* to, std::size_t bytes) const {
      *bytes_read += bytes;
      return view.read(at, to, bytes);
    }
  };

  static void take(void* count, const Finding&) { ++*static_cast<std::uint64_t*>(count); }

  std::string look(const HeapRoot<Native>& root, const Tables& tables, bool changed) const {
    // Some hundred KiB, of no use between audits.
    static thread_local AuditResult result;
    Region readable_storage[8], accessible_storage[8];
    const Regions readable = sorted(tables, true, readable_storage);
    const Regions accessible = sorted(tables, false, accessible_storage);
    std::uint64_t read = 0, told = 0;
    const CountingView view{InProcessView(readable), &read};
    const auto at = reinterpret_cast<Address>(&root);
    Findings findings(take, &told);
    audit_heap(view, AuditSubject{at, &accessible, {}, {}}, findings, result);

    ++counts_->audits;
    counts_->damaged += changed;
    counts_->gated += result.end == AuditEnd::gated || result.end == AuditEnd::other;
    counts_->findings += told;
    counts_->unreadable += findings.unreadable_count();
    counts_->most_read_percent = std::max(counts_->most_read_percent, read * 100 / tables.bytes);
    if (read > tables.bytes * kMostReadPercent / 100 + kMostReadMore)
      return "the audit read " + std::to_string(read) + " bytes of tables of " +
             std::to_string(tables.bytes);
    if (told > kInvariantCount * Findings::kDefaultLimit)
      return "the audit reported " + std::to_string(told) + " findings";
    if (!changed && (told != 0 || result.end != AuditEnd::complete))
      return "the audit finds something in a heap that is not damaged";
    if (result.end == AuditEnd::complete) return locate_some(view, tables);
    return "";
  }

  /// Of any address something is said, and what is said of blocks lies around the address.
  std::string locate_some(const CountingView& view, const Tables& tables) const {
    static thread_local AuditResult unused;
    const HeapPlan& plan = plan_of(view, tables, unused);
    const Locator<CountingView> locator(view, plan);
    std::uint64_t step = std::max<std::uint64_t>(tables.range.end - tables.range.begin, 64) / 31;
    for (Address at = tables.range.begin; at < tables.range.end; at += step | 1) check(locator, at);
    for (const Region& region : tables.regions)
      if (region.begin != region.end)
        check(locator, region.begin + (region.end - region.begin) / 3);
    for (const Address at : {Address{0}, ~Address{0}, plan.root.reservation - 1})
      check(locator, at);
    return "";
  }

  void check(const Locator<CountingView>& locator, Address at) const {
    (void)locator.locate(at);
    ++counts_->located;
  }

  static const HeapPlan& plan_of(const CountingView& view, const Tables& tables,
                                 AuditResult& result) {
    std::uint64_t unused = 0;
    Findings findings(take, &unused);
    RootAudit(result.plan, findings).admit(view, tables.regions[0].begin);
    return result.plan;
  }

  static Regions sorted(const Tables& tables, bool with_root, Region (&storage)[8]) {
    std::vector<Region> all(tables.regions + (with_root ? 0 : 1), std::end(tables.regions));
    all.push_back(tables.range);
    std::sort(all.begin(), all.end(),
              [](const Region& a, const Region& b) { return a.begin < b.begin; });
    Regions regions(storage, 8);
    for (const Region& region : all) regions.add(region.begin, region.end);
    return regions;
  }

  std::vector<Operation> damages_;
  HostileCounts* counts_;
};

}  // namespace arenite::model
