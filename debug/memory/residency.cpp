// SPDX-License-Identifier: MIT
#include "debug/memory/residency.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace arenite {
namespace {

constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::size_t kEntriesAtOnce = 1 << 15;

class PageMap {
 public:
  explicit PageMap(pid_t pid)
      : file_(::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC)) {
  }
  ~PageMap() {
    if (file_ >= 0) ::close(file_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  bool read(std::uint64_t page, std::uint64_t* entries, std::size_t count) const {
    const std::size_t bytes = count * sizeof *entries;
    const ssize_t got = ::pread(file_, entries, bytes, static_cast<off_t>(page * sizeof *entries));
    return got == static_cast<ssize_t>(bytes);
  }

 private:
  int file_;
};

struct Words {
  std::string_view rest;

  template <class Number>
  bool number(Number& to, int base) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), to, base);
    if (error != std::errc()) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
  }
  bool skip(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
};

}  // namespace

std::vector<std::uint8_t> resident_pages(pid_t pid, Address begin, std::uint32_t stretches,
                                         std::uint32_t stretch_bytes) {
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (stretch_bytes % page_bytes != 0 || begin % page_bytes != 0) return {};
  const std::size_t each = stretch_bytes / page_bytes;
  if (each == 0 || each > 255) return {};
  const PageMap map(pid);
  std::vector<std::uint8_t> resident(stretches);
  std::vector<std::uint64_t> entries(kEntriesAtOnce / each * each);
  for (std::uint32_t at = 0; at < stretches;) {
    const auto part =
        static_cast<std::uint32_t>(std::min<std::size_t>(stretches - at, entries.size() / each));
    if (!map.read(begin / page_bytes + std::uint64_t{at} * each, entries.data(), part * each))
      return {};
    for (std::size_t i = 0; i < part * each; ++i)
      if ((entries[i] & kPresent) != 0) ++resident[at + i / each];
    at += part;
  }
  return resident;
}

std::string residency_text(const Residency& residency) {
  char head[40];
  std::snprintf(head, sizeof head, "%llx %x", static_cast<unsigned long long>(residency.begin),
                residency.stretch_bytes);
  std::string text = head;
  const auto& pages = residency.pages;
  for (std::size_t i = 0, count; i < pages.size(); i += count) {
    count = 1;
    while (i + count < pages.size() && pages[i + count] == pages[i]) ++count;
    text += ' ' + std::to_string(pages[i]);
    if (count > 1) text += '*' + std::to_string(count);
  }
  return text;
}

bool parse_residency(std::string_view text, std::size_t most, Residency& residency) {
  Words words{text};
  if (!words.number(residency.begin, 16) || !words.skip(' ') ||
      !words.number(residency.stretch_bytes, 16))
    return false;
  while (words.skip(' ')) {
    std::uint8_t pages = 0;
    std::size_t count = 1;
    if (!words.number(pages, 10) || (words.skip('*') && !words.number(count, 10))) return false;
    if (count > most - residency.pages.size()) return false;
    residency.pages.insert(residency.pages.end(), count, pages);
  }
  return words.rest.empty();
}

}  // namespace arenite
