// SPDX-License-Identifier: MIT
#include "debug/cli/subject.hpp"

namespace arenite::cli {

const std::string kSubject = ARENITE_SUBJECT;

}  // namespace arenite::cli
