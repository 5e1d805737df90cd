// SPDX-License-Identifier: MIT
// Memory for a leak check's own use, zeroed, straight from the system; pages cost nothing until
// they are written. Its region has to be left out of the roots: it is full of addresses of blocks.
#pragma once

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>

#include "debug/leaks/raw_syscall.hpp"
#include "debug/memory/regions.hpp"

namespace arenite {

class MappedMemory {
 public:
  MappedMemory() = default;
  explicit MappedMemory(std::size_t bytes) { map(bytes); }
  ~MappedMemory() {
    if (had()) raw_syscall(SYS_munmap, data_, bytes_);
  }
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;

  /// False if the memory could not be had. Requires: nothing is mapped yet.
  bool map(std::size_t bytes) {
    bytes_ = bytes == 0 ? 1 : bytes;
    const long got = raw_syscall(SYS_mmap, 0, bytes_, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const bool failed = got < 0 && got > -4096;
    data_ = failed ? nullptr : reinterpret_cast<void*>(got);
    return had();
  }

  /// For what is read here and there all over: fewer misses in finding the pages, and fewer faults.
  void prefer_large_pages() { raw_syscall(SYS_madvise, data_, bytes_, MADV_HUGEPAGE); }

  bool had() const { return data_ != nullptr; }
  std::size_t bytes() const { return bytes_; }
  template <class Item = void>
  Item* data(std::size_t offset = 0) const {
    return reinterpret_cast<Item*>(static_cast<char*>(data_) + offset);
  }
  Region region() const {
    const Address begin = reinterpret_cast<Address>(data_);
    return had() ? Region{begin, begin + bytes_} : Region{0, 0};
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace arenite
