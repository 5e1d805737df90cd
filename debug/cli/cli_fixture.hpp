// SPDX-License-Identifier: MIT
// `arenite` as a user runs it, for tests.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace arenite::cli {

using Json = nlohmann::json;

/// The program and the library under test, as the build says.
extern const char* const kCliFile;
extern const char* const kLibraryFile;
inline const std::string kCli = kCliFile;
inline const std::string kLibrary = kLibraryFile;

struct Output {
  int code;
  std::string text;  ///< what it wrote to both streams
  Json json() const { return Json::parse(text); }
};

inline Output shell(const std::string& command) {
  FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

inline Output arenite(const std::string& arguments) {
  return shell("ARENITE_LIBRARY=" + kLibrary + " " + kCli + " " + arguments);
}

class TemporaryFile {
 public:
  TemporaryFile() : path(::testing::TempDir() + "/arenite_cli_" + std::to_string(::getpid())) {}
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string path;
};

}  // namespace arenite::cli
