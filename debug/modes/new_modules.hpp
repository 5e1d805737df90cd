// SPDX-License-Identifier: MIT
// Modules that come while the program runs. A program that opens a module asks for its functions by
// dlsym next: that call is led here first, and whatever is new then gets its slots written. (dlopen
// itself finds out who calls it by its return address, so nothing can be done after it.)
#pragma once

#include "debug/ranges/got.hpp"

namespace arenite {

/// Has the program's calls of dlsym look for new modules first. False if there is no room.
bool add_module_functions(Redirector& redirector);

}  // namespace arenite
