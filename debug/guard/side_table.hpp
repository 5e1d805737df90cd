// SPDX-License-Identifier: MIT
// The records of all blocks of a heap, by arithmetic from the block's address, in memory of their
// own, parallel to the heap's range: one stretch of records for each pool, and for each pool the
// number of the pool in which the large block begins whose record it shares. Pages of it that no
// block needs are never touched.
#pragma once

#include <sys/mman.h>

#include <cerrno>

#include "debug/fill/fill.hpp"
#include "debug/guard/block_source.hpp"
#include "debug/guard/side_record.hpp"

namespace arenite {

template <BlockSource Source>
class SideTable {
 public:
  using SmallBlock = typename Source::SmallBlock;

  /// Smaller blocks have no record.
  static constexpr std::size_t kLeastBytes = std::max<std::size_t>(32, Source::kLeastBlockBytes);

  static constexpr std::uint32_t kRecordsPerPool = Source::kPoolBytes / kLeastBytes;

  /// A block of the heap, with its record.
  struct Outer {
    Address begin = 0;
    Address end = 0;
    SideRecord* record = nullptr;
    bool span = false;
  };

  /// Reserves the table; false if the address space cannot be had.
  bool open(const Source& source) {
    const std::size_t pools = source.most_pools();
    record_count_ = pools * kSlots;
    records_ = map<SideRecord>(pools * kSlots);
    first_pools_ = map<std::atomic<std::uint32_t>>(pools);
    return records_ != nullptr && first_pools_ != nullptr;
  }

  void close(const Source& source) {
    unmap(records_, std::size_t{source.most_pools()} * kSlots);
    unmap(first_pools_, source.most_pools());
  }

  /// The block of the heap that lies at an address, any 64-bit value; its record may say none.
  [[gnu::always_inline]] bool find(const Source& source, Address at, Outer& outer) const {
    SmallBlock small;
    if (source.find_small(at, small)) {
      if (small.bytes < kLeastBytes) return false;
      outer = {small.begin, small.begin + small.bytes, &slot(small.pool, small.index), false};
      return true;
    }
    return find_span(source, at, outer);
  }

  /// A span the heap has just handed out: all its pools lead to the record of the first.
  void add_span(const Source& source, Address begin, std::size_t bytes) {
    name_pools(source, begin, bytes, source.pool_number(begin) + 1);
  }
  /// Before the heap gets a span back.
  void remove_span(const Source& source, Address begin, std::size_t bytes) {
    name_pools(source, begin, bytes, 0);
  }

  /// Records of the pool and of those before it are in core files from now on; the rest of a table
  /// as large as the heap's whole range would take the kernel seconds to find empty.
  [[gnu::always_inline]] void keep_in_cores(std::uint32_t pool) {
    // Relaxed: twice over does no harm.
    if (pool >= pools_kept_.load(std::memory_order_relaxed)) [[unlikely]]
      keep_more(pool);
  }

  SideRecord& slot(std::uint32_t pool, std::uint32_t index) const {
    return records_[std::size_t{pool} * kSlots + index];
  }
  /// Of a span, by the pool it begins in: the second record of that pool holds its length.
  SideRecord& span_slot(std::uint32_t pool) const { return slot(pool, 0); }

  /// Where the table lies; empty if it is not open.
  Extent records() const { return extent(records_, record_count_); }
  Extent first_pools() const { return extent(first_pools_, record_count_ / kSlots); }

  std::size_t reserved_bytes(const Source& source) const {
    return std::size_t{source.most_pools()} *
           (kSlots * sizeof(SideRecord) + sizeof(std::atomic<std::uint32_t>));
  }

 private:
  static constexpr std::size_t kSlots = kRecordsPerPool;
  static_assert(kSlots >= 2, "a span needs two records");

  static constexpr std::uint32_t kPoolsKeptAtOnce = 1024;
  static constexpr std::size_t kPageBytes = 4096;

  [[gnu::noinline]] void keep_more(std::uint32_t pool) {
    const auto most = static_cast<std::uint32_t>(record_count_ / kSlots);
    const auto pools =
        std::min(most, pool / kPoolsKeptAtOnce * kPoolsKeptAtOnce + kPoolsKeptAtOnce);
    const int saved = errno;
    ::madvise(static_cast<void*>(records_), pools * kSlots * sizeof(SideRecord), MADV_DODUMP);
    ::madvise(static_cast<void*>(first_pools_), round_up(pools * sizeof *first_pools_, kPageBytes),
              MADV_DODUMP);
    errno = saved;
    pools_kept_.store(pools, std::memory_order_relaxed);
  }

  template <class T>
  static T* map(std::size_t count) {
    void* at = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    const int saved = errno;
    ::madvise(at, count * sizeof(T), MADV_DONTDUMP);
    errno = saved;
    // Zeros are the first state of every record.
    return static_cast<T*>(at);
  }
  template <class T>
  static void unmap(T*& at, std::size_t count) {
    if (at != nullptr) ::munmap(static_cast<void*>(at), count * sizeof(T));
    at = nullptr;
  }

  [[gnu::noinline]] bool find_span(const Source& source, Address at, Outer& outer) const {
    if (!source.owns(at)) return false;
    // Relaxed: whoever asks for a block's address learned of it after it was written.
    const std::uint32_t first =
        first_pools_[source.pool_number(at)].load(std::memory_order_relaxed);
    if (first == 0) return false;
    const std::uint32_t pool = first - 1;
    outer.begin = source.range_begin() + Address{pool} * Source::kPoolBytes;
    outer.end = outer.begin + slot(pool, 1).size.load(std::memory_order_relaxed);
    outer.record = &span_slot(pool);
    outer.span = true;
    return at - outer.begin < outer.end - outer.begin;
  }

  void name_pools(const Source& source, Address begin, std::size_t bytes, std::uint32_t name) {
    const std::uint32_t first = source.pool_number(begin);
    slot(first, 1).size.store(name == 0 ? 0 : bytes, std::memory_order_relaxed);
    const auto pools =
        static_cast<std::uint32_t>((bytes + Source::kPoolBytes - 1) / Source::kPoolBytes);
    for (std::uint32_t i = 0; i < pools; ++i)
      first_pools_[first + i].store(name, std::memory_order_relaxed);
  }

  template <class T>
  static Extent extent(const T* at, std::size_t count) {
    const Address begin = reinterpret_cast<Address>(at);
    return {begin, at == nullptr ? begin : begin + count * sizeof(T)};
  }

  SideRecord* records_ = nullptr;
  std::size_t record_count_ = 0;
  std::atomic<std::uint32_t>* first_pools_ = nullptr;
  std::atomic<std::uint32_t> pools_kept_{0};
};

}  // namespace arenite
