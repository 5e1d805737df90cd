// SPDX-License-Identifier: MIT
// `examine` for each kind of input.
#pragma once

#include "debug/target/examine.hpp"

namespace arenite {

Examination examine_process(pid_t pid, const AtRest& at_rest, Standing standing, const Told& told);
Examination examine_core(const std::string& path, const AtRest& at_rest, const Told& told);
Examination examine_snapshot(const std::string& path, const AtRest& at_rest, const Told& told);

}  // namespace arenite
