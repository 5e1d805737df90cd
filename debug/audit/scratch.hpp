// SPDX-License-Identifier: MIT
// Memory for an audit's own use, zeroed, from the system: the heap under audit may be the one that
// serves malloc. Pages cost nothing until they are written.
#pragma once

#include <sys/mman.h>

#include <cstddef>

namespace arenite {

class Scratch {
 public:
  explicit Scratch(std::size_t bytes)
      : bytes_(bytes == 0 ? 1 : bytes),
        data_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~Scratch() {
    if (had()) ::munmap(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Whether the memory could be had.
  bool had() const { return data_ != MAP_FAILED; }
  void* data() const { return data_; }

 private:
  std::size_t bytes_;
  void* data_;
};

}  // namespace arenite
