// SPDX-License-Identifier: MIT
#include "debug/memory/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "debug/memory/cannot_tell.hpp"
#include "os/interrupted.hpp"

namespace arenite {
namespace {

namespace fs = std::filesystem;

bool is_in_proc(const std::string& name) {
  return name.starts_with("/proc/");
}

/// Where links lead, which may be nowhere yet; but not those of /proc, which stand for files that
/// are open already.
std::string followed(const std::string& path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code none;
  fs::path at = fs::absolute(path, none);
  for (int links = 0;; ++links) {
    at = fs::weakly_canonical(at.parent_path(), none) / at.filename();
    if (links == kMostLinks || is_in_proc(at) || !fs::is_symlink(at, none)) return at;
    at = at.parent_path() / fs::read_symlink(at, none);
  }
}

/// Whether a file of another name cannot take its place; nor that of a circle of links, which the
/// system refuses to open.
bool is_written_as_it_is(const std::string& name) {
  if (is_in_proc(name)) return true;
  struct stat about;
  if (::stat(name.c_str(), &about) != 0) return errno == ELOOP;
  return !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode);
}

}  // namespace

WholeFile::WholeFile(const std::string& path, unsigned mode) : path_(path), name_(followed(path)) {
  if (is_written_as_it_is(name_)) {
    file_ = ::open(name_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
  } else {
    part_ = name_ + ".part";
    file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  }
  if (file_ < 0) fail();
}

WholeFile::~WholeFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

void WholeFile::fail() const {
  throw CannotTell(path_ + " cannot be written: " + std::strerror(errno));
}

void WholeFile::put(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t wrote = ::write(file_, from, count);
    if (interrupted(wrote)) continue;
    if (wrote <= 0) fail();
    from += wrote;
    count -= static_cast<std::size_t>(wrote);
  }
}

void WholeFile::finish() {
  const int closed = ::close(file_);
  file_ = -1;
  if (closed == 0 && (part_.empty() || ::rename(part_.c_str(), name_.c_str()) == 0)) return;
  const int reason = errno;
  if (!part_.empty()) ::unlink(part_.c_str());
  errno = reason;
  fail();
}

void write_whole_file(const std::string& path, std::string_view bytes) {
  WholeFile file(path);
  file.put(bytes.data(), bytes.size());
  file.finish();
}

}  // namespace arenite
