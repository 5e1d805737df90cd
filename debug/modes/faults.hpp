// SPDX-License-Identifier: MIT
// Faults in guard pages, turned into reports at the very access. The handlers of SIGSEGV and SIGBUS
// stay the layer's for the life of the process: what the program sets for them through libc's
// functions is remembered, and gets every fault that is none of the layer's.
#pragma once

#include "debug/ranges/got.hpp"

namespace arenite {

/// Installs the handlers. Once, at start.
void install_fault_handlers();

/// Around fork, in the forking thread; the child unlocks what it got locked.
void lock_fault_handlers();
void unlock_fault_handlers();

/// Has the program's calls of sigaction, signal and their kin lead to the layer's. False if there
/// is no room.
bool add_signal_functions(Redirector& redirector);

}  // namespace arenite
