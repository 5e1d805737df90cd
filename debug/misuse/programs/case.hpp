// SPDX-License-Identifier: MIT
// `case.h` for programs of C++.
#pragma once

// Before `case.h`: they may not be inside its extern "C".
#include <cstddef>
#include <cstdint>
#include <cstdio>

extern "C" {
#include "case.h"
}
