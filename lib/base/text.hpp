// SPDX-License-Identifier: MIT
// Text in a fixed buffer: what messages are composed in where nothing may be allocated. What does
// not fit is cut. Safe in signal handlers.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace arenite {

/// A number to be shown in hexadecimal, with 0x before it.
struct Hex {
  std::uint64_t value;
};

template <std::size_t Capacity>
class Text {
 public:
  const char* c_str() const { return bytes_; }
  const char* data() const { return bytes_; }
  std::size_t size() const { return size_; }

  Text& operator<<(const char* text) {
    while (*text != '\0') put(*text++);
    return *this;
  }

  Text& operator<<(std::unsigned_integral auto number) { return digits(number, 10); }

  Text& operator<<(Hex number) {
    *this << "0x";
    return digits(number.value, 16);
  }

 private:
  void put(char byte) {
    if (size_ + 1 >= Capacity) return;
    bytes_[size_++] = byte;
    bytes_[size_] = '\0';
  }

  Text& digits(std::uint64_t number, unsigned base) {
    char reversed[20];
    unsigned count = 0;
    do {
      reversed[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0);
    while (count > 0) put(reversed[--count]);
    return *this;
  }

  char bytes_[Capacity] = {};
  std::size_t size_ = 0;
};

}  // namespace arenite
