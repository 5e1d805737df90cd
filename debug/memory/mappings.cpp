// SPDX-License-Identifier: MIT
#include "debug/memory/mappings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "os/interrupted.hpp"

namespace arenite {
namespace {

/// Takes digits from the front of the text; false if there are none or too many.
bool take_number(std::string_view& text, unsigned base, std::uint64_t& number) {
  number = 0;
  std::size_t digits = 0;
  for (; digits < text.size(); ++digits) {
    const char c = text[digits];
    unsigned digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (digit >= base) break;
    number = number * base + digit;
  }
  text.remove_prefix(digits);
  return digits > 0 && digits <= 20;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

bool parse_mapping(std::string_view line, Mapping& mapping) {
  std::uint64_t begin, end, major, minor;
  if (!take_number(line, 16, begin) || !take(line, '-') || !take_number(line, 16, end))
    return false;
  if (!take(line, ' ') || line.size() < 4) return false;
  mapping.begin = begin;
  mapping.end = end;
  mapping.readable = line[0] == 'r';
  mapping.writable = line[1] == 'w';
  mapping.executable = line[2] == 'x';
  line.remove_prefix(4);
  if (!take(line, ' ') || !take_number(line, 16, mapping.offset) || !take(line, ' ')) return false;
  if (!take_number(line, 16, major) || !take(line, ':') || !take_number(line, 16, minor))
    return false;
  if (!take(line, ' ') || !take_number(line, 10, mapping.inode)) return false;
  while (take(line, ' ')) {
  }
  mapping.path = line;
  return begin < end;
}

MappingReader::MappingReader(const char* path, char* buffer)
    : file_(::open(path, O_RDONLY | O_CLOEXEC)), buffer_(buffer) {}

MappingReader::~MappingReader() {
  if (file_ >= 0) ::close(file_);
}

bool MappingReader::next_line(std::string_view& line) {
  for (;;) {
    const std::size_t length = end_ - begin_;
    if (const void* newline = std::memchr(buffer_ + begin_, '\n', length)) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_);
      line = {buffer_ + begin_, end - begin_};
      begin_ = end + 1;
      return true;
    }
    std::memmove(buffer_, buffer_ + begin_, length);
    begin_ = 0;
    end_ = length;
    if (file_ < 0 || end_ == kBufferBytes) return false;
    const ssize_t got = ::read(file_, buffer_ + end_, kBufferBytes - end_);
    if (interrupted(got)) continue;
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
  }
}

bool MappingReader::next(Mapping& mapping) {
  std::string_view line;
  while (next_line(line))
    if (parse_mapping(line, mapping)) return true;
  return false;
}

}  // namespace arenite
