// SPDX-License-Identifier: MIT
// The executable and the shared objects of this process, by address. Asks glibc's _dl_find_object
// (2.35 and later), which takes no lock; elsewhere a table made by dl_iterate_phdr, which is as
// old as the last `refresh_objects`. Finding is safe in signal handlers, refreshing is not.
#pragma once

#include <elf.h>

#include <atomic>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/stacks/call_frames.hpp"
#include "os/lock.hpp"

namespace arenite {

struct LoadedObject {
  Address begin = 0;  ///< [begin, end) is what the loader mapped; there may be holes
  Address end = 0;
  Address bias = 0;         ///< what is added to the addresses in the file
  Address frame_table = 0;  ///< .eh_frame_hdr; 0: none
  const char* name = "";    ///< as the loader has it; empty: the executable
  const Elf64_Phdr* headers = nullptr;
  unsigned header_count = 0;

  bool holds(Address at) const { return at >= begin && at < end; }
  /// The readable stretch of the object that holds `at`; empty if none does.
  ByteRange readable_around(Address at) const;
};

/// Looks up what finding needs; once, where dlsym may be called. Before, no object is ever found.
void prepare_objects();
bool objects_prepared();
/// After objects came or went.
void refresh_objects();
/// The object that has `at` in its bounds.
bool find_object(Address at, LoadedObject& object);

/// What stands in for _dl_find_object. One refreshes at a time; those who look meanwhile may find
/// nothing.
class ObjectTable {
 public:
  static constexpr unsigned kMostObjects = 512;

  void refresh();
  bool find(Address at, LoadedObject& object) const;
  unsigned size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::atomic<Address> begin, end, bias, frame_table;
    std::atomic<const char*> name;
    std::atomic<const Elf64_Phdr*> headers;
    std::atomic<unsigned> header_count;
  };

  void add(const LoadedObject& object);
  bool find_once(Address at, LoadedObject& object) const;

  LockWord lock_{0};
  /// Odd while the entries change.
  std::atomic<std::uint32_t> version_{0};
  std::atomic<unsigned> size_{0};
  Entry entries_[kMostObjects];
};

}  // namespace arenite
