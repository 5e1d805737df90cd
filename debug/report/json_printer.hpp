// SPDX-License-Identifier: MIT
// Writes one JSON object, comma by comma. Strings come out as valid UTF-8 whatever bytes they hold.
// Never allocates; signal-safe if the sink is.
#pragma once

#include <string_view>

#include "debug/report/sink.hpp"

namespace arenite {

/// Whether the bytes are UTF-8 as the Unicode standard has it: shortest form, no surrogates.
bool is_utf8(std::string_view text);

class JsonPrinter {
 public:
  explicit JsonPrinter(const Sink& sink = {}) : to_(sink) {}

  std::size_t written() const { return to_.written(); }

  /// With a key inside an object, without one inside an array and at the top.
  JsonPrinter& open(char bracket) { return punctuate(), push(bracket); }
  JsonPrinter& open(std::string_view key, char bracket) { return name(key), push(bracket); }
  JsonPrinter& close(char bracket) {
    to_ << bracket;
    first_ = false;
    return *this;
  }

  JsonPrinter& text(std::string_view key, std::string_view value);
  /// As hexadecimal text: numbers of JSON's readers hold 53 bits.
  JsonPrinter& address(std::string_view key, Address value);
  JsonPrinter& number(std::string_view key, std::uint64_t value);
  JsonPrinter& truth(std::string_view key, bool value);
  JsonPrinter& null(std::string_view key);
  JsonPrinter& hex(std::string_view key, const std::uint8_t* bytes, std::size_t count);
  /// `text`, and where it is not UTF-8 a second member, `KEY_hex`, with the bytes as they are.
  JsonPrinter& bytes_as_text(std::string_view key, std::string_view value);
  void end_line() { to_ << '\n'; }

 private:
  JsonPrinter& push(char bracket) {
    to_ << bracket;
    first_ = true;
    return *this;
  }
  void punctuate() {
    if (!first_) to_ << ',';
    first_ = false;
  }
  void name(std::string_view key) {
    punctuate();
    to_ << '"' << key << "\":";
  }
  void quote(std::string_view value);

  Printer to_;
  bool first_ = true;
};

}  // namespace arenite
