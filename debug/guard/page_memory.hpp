// SPDX-License-Identifier: MIT
// How much memory guarded pages may take: half of the least of what is available to the machine, to
// the control groups the process is in (version 2), and to the process by its limits. Reads a few
// small files; never allocates; keeps errno.
#pragma once

#include <cstddef>
#include <string_view>

namespace arenite {

/// Where to look. A test has files of its own.
struct MemorySources {
  const char* machine = "/proc/meminfo";
  const char* own_group = "/proc/self/cgroup";
  const char* groups = "/sys/fs/cgroup";
};

/// In bytes. What cannot be read does not count; with nothing to go by, 1 GiB.
std::size_t page_memory_budget(const MemorySources& sources = {});

/// The first number behind `key`, or ~0 if there is none ("max", say).
std::size_t number_behind(std::string_view text, std::string_view key);

}  // namespace arenite
