// SPDX-License-Identifier: MIT
#pragma once

namespace arenite {

/// Puts the layer behind the sanitizers' interface functions.
void start_services();

}  // namespace arenite
