// SPDX-License-Identifier: MIT
// The kernel as the stopping of threads knows it (debug/leaks): it numbers the threads of a
// protocol as its tasks and hands signals from one to another. What a signal carries orders
// nothing: C++ promises no more. Takes the place of debug/leaks/raw_syscall.cpp and tasks.cpp. Not
// instrumented.
#pragma once

#include <initializer_list>

namespace arenite::schedule {

/// For a new run: no signal is under way, and these are the tasks of the process.
void start_kernel(std::initializer_list<int> tasks);
void set_tasks(std::initializer_list<int> tasks);

/// The calling thread gets its next signal; returns when the handler does.
void take_signal();

}  // namespace arenite::schedule
