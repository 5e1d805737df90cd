// SPDX-License-Identifier: MIT
// How many pages of each pool of a process are in memory, as /proc/PID/pagemap says.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/strong.hpp"

namespace arenite::map {

/// One number for each of `pools` stretches of `pool_bytes` from `range`; empty if it cannot be
/// had: no such process, no permission, or a pool is not whole pages of the system.
std::vector<std::uint8_t> resident_pages(pid_t pid, Address range, std::uint32_t pools,
                                         std::uint32_t pool_bytes);

}  // namespace arenite::map
