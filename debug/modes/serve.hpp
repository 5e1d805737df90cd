// SPDX-License-Identifier: MIT
// The slow paths of a process whose debug layer is on.
#pragma once

#include "interface/interceptor.hpp"

namespace arenite {

/// Of the modes in which every request is seen: debug, page, and fast with requests that fail.
extern constinit const Interceptor diverting_slow_paths;
/// Of the mode in which one allocation in many is put onto pages of its own.
extern constinit const Interceptor sampling_slow_paths;

namespace detail {
/// Maps what the mode needs; false, after saying so, if it cannot be had.
bool open_layer();
bool layer_owns(const void* address);
void layer_before_fork();
void layer_after_fork(bool in_child);
}  // namespace detail

}  // namespace arenite
