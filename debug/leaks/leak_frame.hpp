// SPDX-License-Identifier: MIT
// What can be said of a frame in the process: its module's path, and the exported symbol before it,
// as the linker knows it (mangled). Takes the loader's lock, so no thread may be stopped; does not
// allocate.
#pragma once

#include "base/strong.hpp"
#include "debug/leaks/suppressions.hpp"

namespace arenite {

/// `pc`: a return address. Empty names where nothing is known; they hold while the module is
/// loaded.
LeakFrame name_leak_frame(Address pc);

}  // namespace arenite
