// SPDX-License-Identifier: MIT
// arn_audit and arn_heap_audit, the C interface's way to the audit.
#include <unistd.h>

#include <cerrno>

#include "arenite/arenite.h"
#include "debug/audit/finding_line.hpp"
#include "debug/audit/in_process.hpp"
#include "frontend/c/own_heap.hpp"
#include "os/interrupted.hpp"

namespace {

void write_line(void* file_descriptor, const arenite::Finding& finding) {
  const int file = *static_cast<int*>(file_descriptor);
  if (file < 0) return;
  arenite::FindingLine line;
  line << "arenite: ";
  arenite::write_finding(finding, line);
  line << "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote = ::write(file, line.data() + done, line.size() - done);
    if (arenite::interrupted(wrote)) continue;
    if (wrote <= 0) return;
    done += static_cast<std::size_t>(wrote);
  }
}

size_t audit(const arenite::ProcessHeap& heap, int file_descriptor) {
  // A heap that was never asked for anything has no root yet.
  if (heap.root().cookie == 0) return 0;
  const int kept = errno;
  const size_t findings = arenite::audit_in_process(&heap.root(), write_line, &file_descriptor);
  errno = kept;
  return findings;
}

}  // namespace

extern "C" size_t arn_audit(int file_descriptor) {
  return audit(arenite::process_heap, file_descriptor);
}

extern "C" size_t arn_heap_audit(arn_heap* heap, int file_descriptor) {
  const arenite::LockGuard guard(heap->lock);
  return audit(heap->heap, file_descriptor);
}
