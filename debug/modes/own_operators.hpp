// SPDX-License-Identifier: MIT
// Modules with operators new and delete of their own: programs that replace them, libraries that
// hold a C++ runtime. What such a module makes with its operator may be deleted with another's, and
// comes here as a block of malloc; so may one of operator new come to it and be given to free.
#pragma once

#include "debug/modes/incident.hpp"

namespace arenite {

/// Whether a mismatch of families is the work of such a module, and so no mistake: a block that
/// code of it had from malloc and an operator delete takes; one of operator new that code of it
/// frees. If the stack of the allocation was not kept, any such module counts. Never allocates;
/// takes the dynamic linker's lock.
bool operators_explain(const Incident& incident);

}  // namespace arenite
