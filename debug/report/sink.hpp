// SPDX-License-Identifier: MIT
// Where reports are written to, piece by piece, and the printer that makes the pieces. Nothing is
// kept, so nothing is allocated; safe in signal handlers if the sink is.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong.hpp"
#include "base/text.hpp"

namespace arenite {

/// Takes the text of a report in pieces; bytes are valid during the call.
struct Sink {
  void* context = nullptr;
  void (*write)(void* context, const char* bytes, std::size_t count) = nullptr;
};

/// An address as sanitizers print it: at least twelve digits.
struct Pointer {
  Address value;
};

class Printer {
 public:
  /// Without a sink it only counts.
  explicit Printer(const Sink& sink = {}) : sink_(sink) {}

  std::size_t written() const { return written_; }

  Printer& operator<<(std::string_view text) {
    if (text.empty()) return *this;
    written_ += text.size();
    if (sink_.write != nullptr) sink_.write(sink_.context, text.data(), text.size());
    return *this;
  }
  Printer& operator<<(const char* text) { return *this << std::string_view(text); }
  Printer& operator<<(char byte) { return *this << std::string_view(&byte, 1); }
  Printer& operator<<(std::unsigned_integral auto number) { return digits(number, 10, 1); }
  Printer& operator<<(Hex number) { return *this << "0x", digits(number.value, 16, 1); }
  Printer& operator<<(Pointer pointer) { return *this << "0x", digits(pointer.value, 16, 12); }

  Printer& byte_in_hex(std::uint8_t byte) { return digits(byte, 16, 2); }

 private:
  Printer& digits(std::uint64_t number, unsigned base, unsigned least) {
    char text[20];
    unsigned begin = sizeof text;
    while (number != 0 || sizeof text - begin < least) {
      text[--begin] = "0123456789abcdef"[number % base];
      number /= base;
    }
    return *this << std::string_view(text + begin, sizeof text - begin);
  }

  Sink sink_;
  std::size_t written_ = 0;
};

/// What a path or a name shows of itself on a line of text: control bytes would break the layout.
inline void print_on_one_line(std::string_view text, Printer& to) {
  for (const char byte : text) {
    const auto value = static_cast<std::uint8_t>(byte);
    if (value < 0x20 || value == 0x7f) {
      (to << "\\x").byte_in_hex(value);
    } else {
      to << byte;
    }
  }
}

/// A literal of the caller's, of which only so much is printed as a report has room for.
inline std::string_view cut_at(const char* text, std::size_t most) {
  std::size_t size = 0;
  while (size < most && text[size] != '\0') ++size;
  return {text, size};
}

}  // namespace arenite
