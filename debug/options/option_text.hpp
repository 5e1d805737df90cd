// SPDX-License-Identifier: MIT
// Text into a buffer of the caller's, for the options' values and complaints. What does not fit is
// cut, and `cut()` says so. Allocates nothing; safe in signal handlers.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arenite {

class OptionText {
 public:
  /// `capacity` counts the \0 at the end and is not 0.
  OptionText(char* to, std::size_t capacity) : bytes_(to), capacity_(capacity) { bytes_[0] = '\0'; }
  OptionText(const OptionText&) = delete;
  OptionText& operator=(const OptionText&) = delete;

  const char* c_str() const { return bytes_; }
  std::string_view view() const { return {bytes_, size_}; }
  std::size_t size() const { return size_; }
  bool cut() const { return cut_; }

  /// Back to what it was when it had `size` bytes.
  void shrink(std::size_t size) {
    size_ = size;
    bytes_[size_] = '\0';
  }

  OptionText& put(char byte) {
    if (size_ + 1 >= capacity_) {
      cut_ = true;
      return *this;
    }
    bytes_[size_++] = byte;
    bytes_[size_] = '\0';
    return *this;
  }

  OptionText& operator<<(std::string_view text) {
    for (const char byte : text) put(byte);
    return *this;
  }

  OptionText& operator<<(std::unsigned_integral auto number) {
    char reversed[20];
    unsigned count = 0;
    std::uint64_t left = number;
    do {
      reversed[count++] = static_cast<char>('0' + left % 10);
      left /= 10;
    } while (left != 0);
    while (count > 0) put(reversed[--count]);
    return *this;
  }

  /// In quotes, so that a terminal is safe from it; long text is cut.
  OptionText& quote(std::string_view text) {
    constexpr std::size_t kShown = 48;
    put('"');
    for (std::size_t i = 0; i < text.size() && i < kShown; ++i) escape(text[i]);
    if (text.size() > kShown) *this << "...";
    return put('"');
  }

 private:
  void escape(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || value > 0x7e) {
      *this << "\\x";
      put("0123456789abcdef"[value >> 4]).put("0123456789abcdef"[value & 15]);
      return;
    }
    if (byte == '"' || byte == '\\') put('\\');
    put(byte);
  }

  char* bytes_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  bool cut_ = false;
};

inline std::string_view first_bytes(std::string_view text, std::size_t count) {
  if (count < text.size()) text.remove_suffix(text.size() - count);
  return text;
}

/// An `OptionText` with a buffer of its own.
template <std::size_t Capacity>
class OptionLine : public OptionText {
 public:
  OptionLine() : OptionText(buffer_, Capacity) {}

 private:
  char buffer_[Capacity];
};

}  // namespace arenite
