// SPDX-License-Identifier: MIT
#include "proptests/model/text.hpp"

#include <bit>
#include <charconv>
#include <memory>
#include <optional>

#include "proptests/model/fields.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::model {
namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* const begin = std::to_address(text.begin());
  const char* const end = std::to_address(text.end());
  const auto result = std::from_chars(begin, end, number);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::string field_text(const Field& field, std::uint32_t number) {
  switch (field.writing) {
    case Writing::size:
      return size_text(number);
    case Writing::names:
      return field.names[number];
    case Writing::power:
      return std::to_string(std::uint64_t{1} << number);
    case Writing::number:
      break;
  }
  return std::to_string(number);
}

std::optional<std::uint32_t> parse_field(const Field& field, std::string_view text) {
  if (field.writing == Writing::size) return parse_size(text);
  if (field.writing == Writing::names) {
    for (std::uint32_t i = 0; i < field.names.size(); ++i)
      if (text == field.names[i]) return i;
    return std::nullopt;
  }
  auto number = parse_number(text);
  if (number && field.writing == Writing::power) {
    if (!std::has_single_bit(*number)) return std::nullopt;
    number = static_cast<std::uint32_t>(std::countr_zero(*number));
  }
  if (number && *number >> field.bits != 0) return std::nullopt;
  return number;
}

/// Cuts `text` at the first of `at`; returns what stood before it.
std::string_view cut(std::string_view& text, std::string_view at) {
  const std::size_t end = text.find_first_of(at);
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

std::string_view next_word(std::string_view& text) {
  while (!text.empty()) {
    const std::string_view word = cut(text, " \t\r");
    if (!word.empty()) return word;
  }
  return {};
}

/// Calls set(key, value) for each "key=value"; returns the first that is not understood.
template <class Set>
std::string parse_pairs(std::string_view line, Set set) {
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    std::string_view value = word;
    const std::string_view key = cut(value, "=");
    if (!set(key, value)) return "not understood: " + std::string(word);
  }
  return "";
}

/// A number of the configuration: where it goes, and what it may be.
template <class Number>
bool set_number(std::string_view text, std::uint32_t least, std::uint32_t most, Number& to) {
  const auto number = parse_number(text);
  if (!number || *number < least || *number > most) return false;
  to = static_cast<Number>(*number);
  return true;
}

bool set_geometry(std::string_view text, GeometryName& to) {
  for (std::size_t i = 0; i < std::size(kGeometryNames); ++i)
    if (text == kGeometryNames[i]) {
      to = static_cast<GeometryName>(i);
      return true;
    }
  return false;
}

bool set_slots(std::string_view text, std::uint8_t& code) {
  const auto slots = parse_number(text);
  for (code = 0; code < 4; ++code)
    if (slots == 8u << 2 * code) return true;
  return false;
}

std::string parse_configuration(std::string_view line, Configuration& to) {
  return parse_pairs(line, [&to](std::string_view key, std::string_view value) {
    if (key == "geometry") return set_geometry(value, to.geometry);
    if (key == "arenas") return set_number(value, 1, 4, to.arenas);
    if (key == "threads") return set_number(value, 1, 4, to.threads);
    if (key == "diverted") return set_number(value, 0, 1, to.diverted);
    if (key == "slots") return set_slots(value, to.slot_code);
    if (key == "first_refusal") return set_number(value, 0, 0xffff, to.first_refusal);
    if (key == "refusals") return set_number(value, 0, 0xffff, to.refusals);
    if (key == "quarantine") return set_number(value, 0, 15, to.quarantine_code);
    if (key == "guards") return set_number(value, 0, 3, to.guard_code);
    if (key == "schedule") return set_number(value, 0, kMostScheduleSeed, to.schedule_seed);
    if (key == "keyed") return set_number(value, 0, 1, to.keyed);
    return key == "unfilled" && set_number(value, 0, 1, to.unfilled);
  });
}

std::optional<Kind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kKinds; ++i)
    if (name == name_of(static_cast<Kind>(i))) return static_cast<Kind>(i);
  return std::nullopt;
}

std::string parse_operation(Kind kind, std::string_view line, std::uint32_t slots, Operation& to) {
  to = {.kind = kind};
  return parse_pairs(line, [&to, slots](std::string_view key, std::string_view value) {
    for (const Field& field : fields_of(to.kind)) {
      if (key != field.key) continue;
      const auto number = parse_field(field, value);
      if (!number || (field.part == Part::slot && *number >= slots)) return false;
      set(to, field, *number);
      return true;
    }
    return false;
  });
}

std::string parse_line(std::string_view line, Program& program) {
  const std::string_view word = next_word(line);
  if (word.empty()) return "";
  if (word == "configure") {
    if (!program.operations.empty()) return "configure stands before the first operation";
    return parse_configuration(line, program.configuration);
  }
  const auto kind = kind_named(word);
  if (!kind) return "not an operation: " + std::string(word);
  // Through canonical: a size that is left out is written as its code.
  Operation operation;
  std::string error = parse_operation(*kind, line, program.configuration.slots(), operation);
  program.operations.push_back(canonical(operation, program.configuration.slots()));
  return error;
}

}  // namespace

namespace {

/// What is of guarded heaps or of schedules only, where it is not 0.
std::string rarer_text(const Configuration& configuration) {
  std::string text;
  const auto add = [&text](const char* key, unsigned number) {
    if (number != 0) text += std::string(" ") + key + "=" + std::to_string(number);
  };
  add("quarantine", configuration.quarantine_code);
  add("guards", configuration.guard_code);
  add("keyed", configuration.keyed ? 1 : 0);
  add("unfilled", configuration.unfilled ? 1 : 0);
  add("schedule", configuration.schedule_seed);
  return text;
}

}  // namespace

std::string to_text(const Configuration& configuration) {
  const auto pair = [](const char* key, unsigned number) {
    return std::string(" ") + key + "=" + std::to_string(number);
  };
  return std::string("configure geometry=") +
         kGeometryNames[static_cast<unsigned>(configuration.geometry)] +
         pair("arenas", configuration.arenas) + pair("threads", configuration.threads) +
         pair("diverted", configuration.diverted ? 1 : 0) + pair("slots", configuration.slots()) +
         pair("first_refusal", configuration.first_refusal) +
         pair("refusals", configuration.refusals) + rarer_text(configuration);
}

std::string to_text(const Operation& operation) {
  std::string text = name_of(operation.kind);
  for (const Field& field : fields_of(operation.kind))
    text += std::string(" ") + field.key + "=" + field_text(field, get(operation, field));
  return text;
}

std::string to_text(const Program& program) {
  std::string text = to_text(program.configuration) + "\n";
  for (const Operation& operation : program.operations) text += to_text(operation) + "\n";
  return text;
}

Loaded parse_text(std::string_view text) {
  Loaded loaded;
  for (unsigned number = 1; !text.empty(); ++number) {
    std::string_view line = cut(text, "\n");
    const std::string error = parse_line(cut(line, "#"), loaded.program);
    if (!error.empty()) return {{}, "line " + std::to_string(number) + ": " + error};
  }
  return loaded;
}

}  // namespace arenite::model
