// SPDX-License-Identifier: MIT
// What the page-guard heap knows of each stretch, out of line: a bit per page for where stretches
// begin, and a record per stretch. A stretch is a guard page and the data pages behind it, at least
// one; once carved it never changes its bounds. Pages are numbered from the beginning of the
// reservation. Reading takes no lock and is safe in a signal handler.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "debug/guard/side_record.hpp"
#include "debug/report/block_facts.hpp"
#include "layout/space.hpp"

namespace arenite {

/// A number other threads may read at any time; what was stored before it is seen with it.
template <class Number>
class SharedWord {
 public:
  // Acquire and release: each pairs with the other, here and in `sequence`.
  Number get() const { return value_.load(std::memory_order_acquire); }
  void set(Number value) { value_.store(value, std::memory_order_release); }
  /// Whether it was `from` and now is `to`. It acquires nothing: what was published with `from` is
  /// seen by whoever then gets it, or anything else that was set before.
  bool change(Number from, Number to) {
    return value_.compare_exchange_strong(from, to, std::memory_order_release,
                                          std::memory_order_relaxed);
  }

 private:
  std::atomic<Number> value_;
};

/// A claimed block is live, and one thread is about to free it; a checked one is being looked at,
/// and whoever wants to claim it waits.
enum class StretchState : std::uint8_t { unused, live, claimed, checked, freed };

/// A field of a record: what threads share here, a plain number in a copy.
template <class Space, class Number>
using RecordWord = std::conditional_t<std::is_same_v<Space, Native>, SharedWord<Number>, Number>;

/// A cache line. Zero pages are records of unused stretches.
template <class Space>
struct alignas(64) PageRecordOf {
  RecordWord<Space, std::uint32_t> sequence;  ///< odd while the record is being rewritten
  RecordWord<Space, StretchState> state;
  RecordWord<Space, Family> family;
  RecordWord<Space, bool> damaged;            ///< what lay around the block when it was claimed
  RecordWord<Space, std::uint8_t> alignment;  ///< as BlockTraits has it
  RecordWord<Space, std::uint64_t> begin;
  RecordWord<Space, std::uint64_t> size;
  RecordWord<Space, std::uint64_t> serial;
  RecordWord<Space, StackId> allocated;
  RecordWord<Space, StackId> freed;
  RecordWord<Space, ThreadNumber> allocated_by;
  RecordWord<Space, ThreadNumber> freed_by;
  RecordWord<Space, std::uint32_t> capacity;  ///< in data pages
  RecordWord<Space, std::uint32_t> pages;     ///< of them open, or last open
  RecordWord<Space, std::uint32_t> next;      ///< in the list it is in, as its page; 0: none
};
using PageRecord = PageRecordOf<Native>;
static_assert(kSameLayout<PageRecordOf> && sizeof(PageRecord) == 64);

/// Between construction and destruction a reader may see the record half written, and tries again.
class RecordChange {
 public:
  explicit RecordChange(PageRecord& record) : record_(record) {
    record_.sequence.set(record_.sequence.get() + 1);
  }
  ~RecordChange() { record_.sequence.set(record_.sequence.get() + 1); }
  RecordChange(const RecordChange&) = delete;
  RecordChange& operator=(const RecordChange&) = delete;

 private:
  PageRecord& record_;
};

class PageRecords {
 public:
  /// Bytes a table for `pages` pages takes.
  static constexpr std::size_t begins_bytes(std::size_t pages) { return pages / 8; }
  /// No two stretches begin within the same two pages.
  static constexpr std::size_t record_bytes(std::size_t pages) {
    return pages / 2 * sizeof(PageRecord);
  }

  /// Over zeroed memory of these sizes.
  void start(Address begins, Address records) {
    begins_ = reinterpret_cast<std::atomic<std::uint64_t>*>(begins);
    records_ = reinterpret_cast<PageRecord*>(records);
  }

  PageRecord& at(std::uint32_t page) const { return records_[page / 2]; }

  Address begins() const { return reinterpret_cast<Address>(begins_); }
  Address records() const { return reinterpret_cast<Address>(records_); }

  void add_begin(std::uint32_t page) {
    // Relaxed, as all of this: what begins is published by the end of the area it lies in.
    begins_[page / 64].fetch_or(std::uint64_t{1} << page % 64, std::memory_order_relaxed);
  }

  bool begins_at(std::uint32_t page) const {
    return begins_[page / 64].load(std::memory_order_relaxed) >> page % 64 & 1;
  }

  /// The last page in [first, page] at which a stretch begins, or kNone.
  std::uint32_t begin_at_or_before(std::uint32_t page, std::uint32_t first) const {
    std::uint64_t below = ~std::uint64_t{0} >> (63 - page % 64);
    for (std::uint32_t word = page / 64;; --word, below = ~std::uint64_t{0}) {
      const std::uint64_t found = begins_[word].load(std::memory_order_relaxed) & below;
      if (found != 0) {
        const auto last = word * 64 + 63 - static_cast<std::uint32_t>(std::countl_zero(found));
        return last >= first ? last : kNone;
      }
      if (word == 0 || word * 64 <= first) return kNone;
    }
  }

  /// What `at(page)` says of its block; false if there is none, or if it changes all the time.
  bool facts(std::uint32_t page, BlockFacts& facts) const;

 private:
  std::atomic<std::uint64_t>* begins_ = nullptr;
  PageRecord* records_ = nullptr;
};

}  // namespace arenite
