// SPDX-License-Identifier: MIT
#include "frontend/cxx/nothrow.hpp"

// Of the C++ runtime, which need not be there.
asm(R"(
  .weak __gxx_personality_v0
  .weak __cxa_begin_catch
  .weak __cxa_end_catch
  .weak _Unwind_Resume
)");

namespace arenite {

void* null_if_thrown(void* (*operation)(std::size_t size, std::size_t alignment, Family family),
                     std::size_t size, std::size_t alignment, Family family) {
  try {
    return operation(size, alignment, family);
  } catch (...) {
    return nullptr;
  }
}

}  // namespace arenite
