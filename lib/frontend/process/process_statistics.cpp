// SPDX-License-Identifier: MIT
#include "frontend/process/process_statistics.hpp"

#include <unistd.h>

#include "frontend/process/process_heap.hpp"
#include "layout/own_memory.hpp"
#include "os/interrupted.hpp"

namespace arenite {

void process_statistics(Statistics& statistics) {
  statistics = {};
  SlowThread thread;
  if (thread.block() == 0) return;
  process_heap.lock_all();
  HeapRoot<Remote> root;
  const OwnMemory memory;
  memory.read(reinterpret_cast<Address>(&process_heap.root()), &root, sizeof root);
  StatisticsCollector(memory, root, statistics).collect();
  process_heap.unlock_all();
}

void DescriptorSink::write(void* self, const char* text, std::size_t bytes) {
  auto& sink = *static_cast<DescriptorSink*>(self);
  while (bytes > 0 && !sink.failed) {
    const ssize_t written = ::write(sink.descriptor, text, bytes);
    if (interrupted(written)) continue;
    if (written <= 0) {
      sink.failed = true;
      return;
    }
    text += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

}  // namespace arenite
