// SPDX-License-Identifier: MIT
// A new-handler may end operator new's loop by throwing. The nothrow forms then return null.
#pragma once

#include <cstddef>

#include "interface/interceptor.hpp"

namespace arenite {

/// What the operation returns, null if it throws. Compiled with exceptions, unlike all else here.
/// The C++ runtime they need is the one the handler throws with, if that was loaded with the
/// program or for all; what is thrown with another goes through.
void* null_if_thrown(void* (*operation)(std::size_t size, std::size_t alignment, Family family),
                     std::size_t size, std::size_t alignment, Family family);

}  // namespace arenite
