// SPDX-License-Identifier: MIT
#include "debug/cli/cli_fixture.hpp"

namespace arenite::cli {

const char* const kCliFile = ARENITE_CLI;
const char* const kLibraryFile = ARENITE_LIBRARY_FILE;

}  // namespace arenite::cli
