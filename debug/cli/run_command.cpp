// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "debug/cli/commands.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite::cli {
namespace {

namespace fs = std::filesystem;

/// What ARENITE_LIBRARY names, or the library that was built or installed with this program.
fs::path find_library() {
  std::error_code failed;
  if (const char* named = std::getenv("ARENITE_LIBRARY"); named != nullptr && *named != '\0') {
    const fs::path library = fs::absolute(named, failed);
    if (fs::is_regular_file(library, failed)) return library;
    throw CannotTell(fmt::format("ARENITE_LIBRARY is {}, which is no file", named));
  }
  const fs::path above = fs::read_symlink("/proc/self/exe", failed).parent_path().parent_path();
  for (const char* folder : {"lib", "lib/x86_64-linux-gnu", "lib64"})
    for (const char* name : {"libarenite.so", "libarenite.so.0"})
      if (fs::is_regular_file(above / folder / name, failed)) return above / folder / name;
  throw CannotTell("libarenite.so is not in " + (above / "lib").string() +
                   "; name it in ARENITE_LIBRARY");
}

}  // namespace

int run(const std::vector<std::string>& program) {
  const std::string library = find_library().string();
  // The loader takes blanks and colons in LD_PRELOAD for separators.
  if (library.find_first_of(" :") != std::string::npos)
    throw CannotTell("the path of the library, " + library + ", has a blank or a colon in it");
  const char* former = std::getenv("LD_PRELOAD");
  const bool others = former != nullptr && *former != '\0';
  ::setenv("LD_PRELOAD", (others ? library + ":" + former : library).c_str(), 1);
  std::vector<char*> arguments;
  arguments.reserve(program.size() + 1);
  for (const std::string& word : program) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  // As a shell says it.
  const int error = errno;
  fmt::print(stderr, "arenite: {}: {}\n", program[0], std::strerror(error));
  return error == ENOENT ? 127 : 126;
}

}  // namespace arenite::cli
