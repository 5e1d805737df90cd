// SPDX-License-Identifier: MIT
// The layer's debug root (guard/debug_root.hpp), for who looks at the process from outside.
#pragma once

namespace arenite {

/// Once, when the layer is opened.
void publish_debug_root();

}  // namespace arenite
