// SPDX-License-Identifier: MIT
#include "debug/cli/cli_fixture.hpp"

namespace arenite::cli {

const std::string kCli = ARENITE_CLI;
const std::string kLibrary = ARENITE_LIBRARY_FILE;

}  // namespace arenite::cli
