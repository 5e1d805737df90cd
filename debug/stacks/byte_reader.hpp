// SPDX-License-Identifier: MIT
// Reads numbers one after the other from a stretch of memory and never beyond it: past the end, and
// after anything malformed, every answer is 0 and `good` is false for good. For the unwind tables,
// which are in foreign files and may hold anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/strong.hpp"

namespace arenite {

/// How .eh_frame writes an address: the low four bits say the format, the next three the base.
struct PointerEncoding {
  static constexpr std::uint8_t kAbsolute = 0x00, kUleb = 0x01, kUnsigned2 = 0x02,
                                kUnsigned4 = 0x03, kUnsigned8 = 0x04, kSleb = 0x09, kSigned2 = 0x0a,
                                kSigned4 = 0x0b, kSigned8 = 0x0c;
  static constexpr std::uint8_t kPcRelative = 0x10, kDataRelative = 0x30;
  static constexpr std::uint8_t kIndirect = 0x80, kOmitted = 0xff;
};

class ByteReader {
 public:
  ByteReader() = default;
  ByteReader(Address begin, Address end) : at_(begin), end_(end), good_(begin <= end) {
    if (!good_) at_ = end_;
  }

  bool good() const { return good_; }
  bool done() const { return at_ == end_; }
  Address at() const { return at_; }
  Address end() const { return end_; }

  template <class Number>
  Number take() {
    Number number{};
    if (end_ - at_ < sizeof number) {
      fail();
      return number;
    }
    std::memcpy(&number, reinterpret_cast<const void*>(at_), sizeof number);
    at_ += sizeof number;
    return number;
  }

  std::uint64_t take_uleb() {
    unsigned shift = 0;
    return take_leb(shift);
  }

  std::int64_t take_sleb() {
    unsigned shift = 0;
    std::uint64_t value = take_leb(shift);
    // The last byte's highest bit of value is the sign.
    if (shift < 64 && shift > 0 && (value >> (shift - 1)) != 0) value |= ~std::uint64_t{0} << shift;
    return static_cast<std::int64_t>(value);
  }

  void skip(std::uint64_t bytes) {
    if (bytes > end_ - at_)
      fail();
    else
      at_ += bytes;
  }

  /// The next `bytes` as a reader of their own; this one goes on behind them.
  ByteReader take_part(std::uint64_t bytes) {
    const Address begin = at_;
    skip(bytes);
    ByteReader part(begin, at_);
    if (!good_) part.fail();
    return part;
  }

  /// An address as `encoding` says; what is relative to data is relative to `data`.
  Address take_pointer(std::uint8_t encoding, Address data) {
    const Address field = at_;
    const Address value = take_formatted(encoding);
    switch (encoding & 0xf0) {
      case PointerEncoding::kAbsolute:
        return value;
      case PointerEncoding::kPcRelative:
        return value + field;
      case PointerEncoding::kDataRelative:
        return value + data;
      default:
        fail();
        return 0;
    }
  }

  /// A number in the format of `encoding`, whatever its base.
  std::uint64_t take_formatted(std::uint8_t encoding) {
    switch (encoding & 0x0f) {
      case PointerEncoding::kAbsolute:
      case PointerEncoding::kUnsigned8:
      case PointerEncoding::kSigned8:
        return take<std::uint64_t>();
      case PointerEncoding::kUleb:
        return take_uleb();
      case PointerEncoding::kSleb:
        return static_cast<std::uint64_t>(take_sleb());
      case PointerEncoding::kUnsigned2:
        return take<std::uint16_t>();
      case PointerEncoding::kSigned2:
        return static_cast<std::uint64_t>(std::int64_t{take<std::int16_t>()});
      case PointerEncoding::kUnsigned4:
        return take<std::uint32_t>();
      case PointerEncoding::kSigned4:
        return static_cast<std::uint64_t>(std::int64_t{take<std::int32_t>()});
      default:
        fail();
        return 0;
    }
  }

  void fail() {
    good_ = false;
    at_ = end_;
  }

 private:
  std::uint64_t take_leb(unsigned& shift) {
    std::uint64_t value = 0;
    for (;;) {
      const auto byte = take<std::uint8_t>();
      if (!good_) return 0;
      if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) == 0) return value;
    }
  }

  Address at_ = 0;
  Address end_ = 0;
  bool good_ = false;
};

}  // namespace arenite
