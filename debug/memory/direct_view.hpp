// SPDX-License-Identifier: MIT
// The MemoryView of another process as it is at each read: a system call each, nothing is kept.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "layout/view.hpp"

namespace arenite {

class DirectView {
 public:
  explicit DirectView(pid_t pid) : pid_(pid) {}

  bool read(Address at, void* to, std::size_t bytes) const {
    const iovec local{to, bytes}, remote{reinterpret_cast<void*>(at), bytes};
    return ::process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
  }

 private:
  pid_t pid_;
};
static_assert(MemoryView<DirectView>);

}  // namespace arenite
