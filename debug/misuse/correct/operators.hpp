// SPDX-License-Identifier: MIT
// A library with operators new and delete of its own, which are all the process has; but inside it
// they are bound for good, as in libraries that hold a C++ runtime.
#pragma once

#include <cstddef>

char* made_inside(std::size_t bytes);
char* aligned_inside(std::size_t bytes);
void deleted_inside(char* block);
