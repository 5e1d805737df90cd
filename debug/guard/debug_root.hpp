// SPDX-License-Identifier: MIT
// The debug root: from here a reader from outside reaches everything the debug layer keeps of
// blocks. Found by an ELF note beside the heap's (modes/debug_root.cpp). Written once, when the
// layer is opened, the cookie last; what changes later lies behind the addresses it holds. Zeroes
// if no mode is on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/guard/page_records.hpp"
#include "debug/guard/quarantine.hpp"
#include "debug/guard/side_record.hpp"
#include "debug/python/code_table.hpp"
#include "layout/fingerprint.hpp"

namespace arenite {

inline constexpr std::uint64_t kDebugCookie = 0x6775626564617265;  // "eradebug" backwards
inline constexpr std::uint32_t kDebugVersion = 3;

/// Bits of `settings`.
inline constexpr std::uint32_t kFillsFresh = 1, kFillsFreed = 2;

/// The tail guard reaches to the end of the heap's block, but no further than this.
inline constexpr std::size_t kMostGuardedSlack = 4096;

/// A stretch of pages that blocks are carved from, in pages from the beginning of all.
struct CarvedPages {
  std::uint32_t first;
  std::uint32_t end;
  std::uint64_t next;  ///< address of the number, 32 bits, of the first page not carved yet
};

template <class Space>
struct DebugRoot {
  Shared<Space, std::uint64_t> cookie;
  std::uint32_t version;
  std::uint32_t root_bytes;
  std::uint64_t fingerprint;
  std::uint32_t mode;  ///< as `Mode` of debug/options
  std::uint32_t settings;
  std::uint64_t seed;
  std::uint64_t options_text;  ///< address of a text that ends in \0
  std::uint64_t options_bytes;
  std::uint64_t serials;  ///< address of the serial of the last allocation, 64 bits

  // Blocks with guard bytes, if `records` is not 0: `records_per_pool` SideRecords for each pool,
  // and for each pool one more than the number of the pool where the span in it begins, 32 bits.
  std::uint64_t guard_bytes;
  std::uint64_t guard_key;
  std::uint64_t records;
  std::uint64_t first_pools;
  std::uint32_t pools;
  std::uint32_t records_per_pool;
  std::uint64_t least_bytes;  ///< smaller blocks have no record
  std::uint64_t quarantine;   ///< address of its QuarantineState

  // Blocks on guard pages, if `page_records` is not 0.
  std::uint64_t page_base;
  std::uint64_t page_bytes;
  std::uint64_t page_begins;   ///< a bit for each page at which a stretch begins
  std::uint64_t page_records;  ///< a PageRecord for each two pages
  CarvedPages page_areas[2];

  // Stacks, if `stack_words` is not 0: headers and frames, by StackId.
  std::uint64_t stack_words;
  std::uint64_t stack_capacity;  ///< words
  std::uint64_t stack_used;      ///< address of the number of words in use, 64 bits
  /// Address of the CodeTableState of the interpreter's functions that stand in stacks, or 0.
  std::uint64_t script_names;

  // Threads: each has a QuarantineBatch of what it freed and not handed over yet.
  std::uint64_t threads;
  std::uint64_t thread_bytes;
  std::uint64_t batch_offset;
  std::uint64_t most_threads;
  std::uint64_t threads_used;  ///< address of how many of them were ever used, 32 bits
};
static_assert(kSameLayout<DebugRoot>);

/// Differs whenever one of the structs the debug layer keeps is laid out differently.
inline constexpr std::uint64_t kDebugFingerprint = [] {
  using Root = DebugRoot<Remote>;
  using Record = SideRecordOf<Remote>;
  using Page = PageRecordOf<Remote>;
  using Ring = QuarantineState<Remote>;
  return hash_numbers({
      kDebugVersion,
      sizeof(Root),
      offsetof(Root, guard_bytes),
      offsetof(Root, quarantine),
      offsetof(Root, page_areas),
      offsetof(Root, stack_words),
      offsetof(Root, threads),
      offsetof(Root, threads_used),
      sizeof(Record),
      offsetof(Record, size),
      offsetof(Record, allocated),
      offsetof(Record, state),
      offsetof(Record, traits),
      static_cast<std::uint64_t>(SideState::freed),
      sizeof(Page),
      offsetof(Page, begin),
      offsetof(Page, allocated),
      offsetof(Page, capacity),
      static_cast<std::uint64_t>(StretchState::freed),
      sizeof(Ring),
      offsetof(Ring, ring),
      offsetof(Ring, begin),
      offsetof(Ring, bytes),
      sizeof(QuarantineEntry),
      sizeof(QuarantineBatch),
      offsetof(QuarantineBatch, leaving),
      sizeof(CodeTable<Remote>),
      offsetof(CodeTable<Remote>, codes),
      offsetof(CodeTable<Remote>, text),
      sizeof(CodeRecord),
      offsetof(CodeRecord, file_at),
      static_cast<std::uint64_t>(Family::pool),
  });
}();

}  // namespace arenite
