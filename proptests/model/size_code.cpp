// SPDX-License-Identifier: MIT
#include "proptests/model/size_code.hpp"

#include <charconv>

namespace arenite::model {
namespace {

constexpr const char* kUnits[] = {"pages", "pools", "arenas", "huge"};

std::string delta_text(int delta) {
  return (delta < 0 ? "" : "+") + std::to_string(delta);
}

/// Reads a number off the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<int> parse_delta(std::string_view text) {
  if (text.size() != 2 || (text[0] != '+' && text[0] != '-') || text[1] < '0' || text[1] > '3')
    return std::nullopt;
  return text[0] == '-' ? '0' - text[1] : text[1] - '0';
}

}  // namespace

std::string size_text(std::uint32_t arg) {
  const SizeCode code = SizeCode::decode(arg);
  const std::string number = std::to_string(code.number);
  switch (code.way) {
    case SizeWay::tiny:
      return "tiny:" + number;
    case SizeWay::uniform:
      return "uniform:" + number;
    case SizeWay::boundary:
      return "class:" + number + delta_text(code.delta);
    case SizeWay::large:
      break;
  }
  return kUnits[static_cast<unsigned>(code.unit)] + (":" + number) + delta_text(code.delta);
}

std::optional<std::uint32_t> parse_size(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);

  SizeCode code;
  std::uint32_t most = 0x7f;
  if (word == "uniform") {
    code.way = SizeWay::uniform;
    most = 0xfffff;
  } else if (word == "class") {
    code.way = SizeWay::boundary;
  } else if (word != "tiny") {
    unsigned unit = 0;
    while (unit < 4 && word != kUnits[unit]) ++unit;
    if (unit == 4) return std::nullopt;
    code.way = SizeWay::large;
    code.unit = static_cast<SizeUnit>(unit);
    most = 0xff;
  }

  const auto number = take_number(rest, most);
  if (!number) return std::nullopt;
  code.number = *number;
  if (code.way == SizeWay::boundary || code.way == SizeWay::large) {
    const auto delta = parse_delta(rest);
    if (!delta) return std::nullopt;
    code.delta = *delta;
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  return code.encode();
}

}  // namespace arenite::model
