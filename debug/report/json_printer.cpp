// SPDX-License-Identifier: MIT
#include "debug/report/json_printer.hpp"

namespace arenite {
namespace {

/// How many bytes the character at the beginning has; 0 if it is none of UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t count = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  // Longer than needed, surrogates, and what is above the last character.
  const std::uint8_t next = at(1);
  if ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next >= 0xa0)) return 0;
  if ((lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next >= 0x90)) return 0;
  return count;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t count = character_bytes(text);
    if (count == 0) return false;
    text.remove_prefix(count);
  }
  return true;
}

void JsonPrinter::quote(std::string_view value) {
  to_ << '"';
  while (!value.empty()) {
    const std::size_t count = character_bytes(value);
    const char byte = value.front();
    if (count == 0) {
      to_ << "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      to_ << '\\' << byte;
    } else if (static_cast<std::uint8_t>(byte) < 0x20 || byte == 0x7f) {
      (to_ << "\\u00").byte_in_hex(static_cast<std::uint8_t>(byte));
    } else {
      to_ << std::string_view(value.begin(), value.begin() + count);
    }
    value.remove_prefix(count == 0 ? 1 : count);
  }
  to_ << '"';
}

JsonPrinter& JsonPrinter::text(std::string_view key, std::string_view value) {
  name(key);
  quote(value);
  return *this;
}

JsonPrinter& JsonPrinter::address(std::string_view key, Address value) {
  name(key);
  to_ << '"' << Hex{value} << '"';
  return *this;
}

JsonPrinter& JsonPrinter::number(std::string_view key, std::uint64_t value) {
  name(key);
  to_ << value;
  return *this;
}

JsonPrinter& JsonPrinter::truth(std::string_view key, bool value) {
  name(key);
  to_ << (value ? "true" : "false");
  return *this;
}

JsonPrinter& JsonPrinter::null(std::string_view key) {
  name(key);
  to_ << "null";
  return *this;
}

JsonPrinter& JsonPrinter::hex(std::string_view key, const std::uint8_t* bytes, std::size_t count) {
  name(key);
  to_ << '"';
  for (std::size_t i = 0; i < count; ++i) to_.byte_in_hex(bytes[i]);
  to_ << '"';
  return *this;
}

JsonPrinter& JsonPrinter::bytes_as_text(std::string_view key, std::string_view value) {
  text(key, value);
  if (is_utf8(value)) return *this;
  punctuate();
  to_ << '"' << key << "_hex\":\"";
  for (const char byte : value) to_.byte_in_hex(static_cast<std::uint8_t>(byte));
  to_ << '"';
  return *this;
}

}  // namespace arenite
