// SPDX-License-Identifier: MIT
#include "debug/guard/page_memory.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace arenite {
namespace {

constexpr std::size_t kUnlimited = ~std::size_t{0};
constexpr std::size_t kNothingKnown = std::size_t{1} << 30;

/// The beginning of a file.
class FileText {
 public:
  explicit FileText(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const ssize_t got = ::read(file, text_, sizeof text_);
    ::close(file);
    if (got > 0) length_ = static_cast<std::size_t>(got);
  }
  std::string_view get() const { return {text_, length_}; }

 private:
  char text_[4096];
  std::size_t length_ = 0;
};

/// A path put together from parts; empty if it gets too long.
class Path {
 public:
  Path& add(std::string_view part) {
    if (length_ + part.size() >= sizeof text_) {
      length_ = sizeof text_;
      text_[0] = 0;
      return *this;
    }
    std::memcpy(text_ + length_, part.data(), part.size());
    length_ += part.size();
    return *this;
  }
  const char* get() const { return text_; }

 private:
  char text_[1024] = {};
  std::size_t length_ = 0;
};

std::size_t less(std::size_t all, std::size_t used) {
  if (all == kUnlimited) return kUnlimited;
  return used == kUnlimited || used > all ? 0 : all - used;
}

std::size_t left_in_group(const char* groups, std::string_view group) {
  const FileText most(Path().add(groups).add(group).add("/memory.max").get());
  if (most.get().empty()) return kUnlimited;
  const FileText now(Path().add(groups).add(group).add("/memory.current").get());
  return less(number_behind(most.get(), ""), number_behind(now.get(), ""));
}

/// Of the group and all that it is in.
std::size_t left_in_groups(const MemorySources& sources) {
  const FileText own(sources.own_group);
  const std::size_t at = own.get().find("0::");
  if (at == std::string_view::npos) return kUnlimited;
  // No substr here or below: what it throws is the C++ runtime's.
  std::string_view group = own.get();
  group.remove_prefix(at + 3);
  group.remove_suffix(group.size() - std::min(group.find('\n'), group.size()));
  std::size_t left = kUnlimited;
  for (;;) {
    if (group == "/") group = {};
    left = std::min(left, left_in_group(sources.groups, group));
    const std::size_t cut = group.rfind('/');
    if (cut == std::string_view::npos) return left;
    group.remove_suffix(group.size() - cut);
  }
}

std::size_t limit_of(int resource) {
  struct rlimit limit;
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY)
    return kUnlimited;
  return limit.rlim_cur;
}

}  // namespace

std::size_t number_behind(std::string_view text, std::string_view key) {
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) return kUnlimited;
  at += key.size();
  while (at < text.size() && text[at] == ' ') ++at;
  if (at == text.size() || text[at] < '0' || text[at] > '9') return kUnlimited;
  std::size_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<std::size_t>(text[at] - '0');
    if (number > (kUnlimited - digit) / 10) return kUnlimited;
    number = number * 10 + digit;
  }
  return number;
}

std::size_t page_memory_budget(const MemorySources& sources) {
  const int saved = errno;
  const std::size_t kib = number_behind(FileText(sources.machine).get(), "MemAvailable:");
  std::size_t bytes = kib > kUnlimited / 1024 ? kUnlimited : kib * 1024;
  bytes = std::min(bytes, left_in_groups(sources));
  bytes = std::min({bytes, limit_of(RLIMIT_AS), limit_of(RLIMIT_DATA)});
  errno = saved;
  return bytes == kUnlimited ? kNothingKnown : bytes / 2;
}

}  // namespace arenite
