// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_frame.hpp"

#include <dlfcn.h>

namespace arenite {

LeakFrame name_leak_frame(Address pc) {
  Dl_info info{};
  // The call lies before the address it returns to, perhaps at the very end of another function.
  if (pc == 0 || ::dladdr(reinterpret_cast<const void*>(pc - 1), &info) == 0) return {};
  LeakFrame names;
  if (info.dli_sname != nullptr) names.function = info.dli_sname;
  if (info.dli_fname != nullptr) names.module = info.dli_fname;
  return names;
}

}  // namespace arenite
