// SPDX-License-Identifier: MIT
// For tests: a folder of their own, gone with them; files and programs in it.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace arenite::report_fixture {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "arenite-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string at(const std::string& name) const { return path_ + "/" + name; }

  /// A program in the shell's language.
  std::string program(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << "#!/bin/sh\n" << text << '\n';
    ::chmod(at(name).c_str(), 0755);
    return at(name);
  }

 private:
  std::string path_;
};

}  // namespace arenite::report_fixture
