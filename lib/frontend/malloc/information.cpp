// SPDX-License-Identifier: MIT
// What glibc tells of its heap, told of this one: mallinfo, mallinfo2, malloc_stats, malloc_info.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "frontend/process/process_statistics.hpp"

#define ARN_EXPORT extern "C" [[gnu::visibility("default")]]

namespace {

using arenite::Statistics;

/// Free blocks and pools whose pages are still there.
std::size_t free_bytes(const Statistics& statistics) {
  return statistics.held_bytes() + statistics.free_bytes() +
         statistics.pools_dirty * statistics.pool_bytes;
}

struct mallinfo2 information() {
  Statistics statistics;
  arenite::process_statistics(statistics);
  struct mallinfo2 info = {};
  info.arena = statistics.live_bytes() - statistics.span_bytes + free_bytes(statistics);
  info.ordblks = statistics.pools_dirty;
  info.hblks = statistics.spans;
  info.hblkhd = statistics.span_bytes;
  info.uordblks = statistics.live_bytes() - statistics.span_bytes;
  info.fordblks = free_bytes(statistics);
  info.keepcost = statistics.pools_dirty * statistics.pool_bytes;
  return info;
}

int clamped(std::size_t value) {
  return static_cast<int>(std::min<std::size_t>(value, INT_MAX));
}

}  // namespace

ARN_EXPORT struct mallinfo2 mallinfo2() noexcept {
  return information();
}

/// As glibc's, whose fields are ints: what does not fit is shown as the largest there is.
ARN_EXPORT struct mallinfo mallinfo() noexcept {
  const struct mallinfo2 wide = information();
  struct mallinfo info = {};
  info.arena = clamped(wide.arena);
  info.ordblks = clamped(wide.ordblks);
  info.hblks = clamped(wide.hblks);
  info.hblkhd = clamped(wide.hblkhd);
  info.uordblks = clamped(wide.uordblks);
  info.fordblks = clamped(wide.fordblks);
  info.keepcost = clamped(wide.keepcost);
  return info;
}

ARN_EXPORT void malloc_stats() noexcept {
  Statistics statistics;
  arenite::process_statistics(statistics);
  arenite::DescriptorSink sink{STDERR_FILENO};
  print_text(statistics, sink.sink());
}

/// The totals in glibc's XML form; `options` must be 0.
ARN_EXPORT int malloc_info(int options, FILE* stream) noexcept {
  if (options != 0) {
    errno = EINVAL;
    return -1;
  }
  const struct mallinfo2 info = information();
  std::fprintf(stream,
               "<malloc version=\"1\">\n<heap nr=\"0\">\n"
               "<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n"
               "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n"
               "<system type=\"current\" size=\"%zu\"/>\n</heap>\n"
               "<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n"
               "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n"
               "<system type=\"current\" size=\"%zu\"/>\n</malloc>\n",
               info.ordblks, info.fordblks, info.hblks, info.hblkhd, info.arena + info.hblkhd,
               info.ordblks, info.fordblks, info.hblks, info.hblkhd, info.arena + info.hblkhd);
  return 0;
}
