// SPDX-License-Identifier: MIT
#include "proptests/properties/crash_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "proptests/model/hop_file.hpp"

namespace arenite::properties {
namespace {

[[noreturn]] void give_up(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

std::string counterexample_folder() {
  const char* wanted = std::getenv("ARENITE_COUNTEREXAMPLES");
  const std::string folder = wanted != nullptr ? wanted : "counterexamples";
  std::filesystem::create_directories(folder);
  return folder;
}

CrashFile::CrashFile(const std::string& name)
    : path_(counterexample_folder() + "/" + name + ".crash.hop"),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (file_ < 0) give_up(path_);
}

CrashFile::~CrashFile() {
  ::close(file_);
  ::unlink(path_.c_str());
}

void CrashFile::write(const model::Program& program) {
  const std::vector<std::uint8_t> bytes = model::pack(program);
  const auto size = static_cast<ssize_t>(bytes.size());
  if (::ftruncate(file_, size) != 0 || ::pwrite(file_, bytes.data(), bytes.size(), 0) != size)
    give_up(path_);
}

}  // namespace arenite::properties
