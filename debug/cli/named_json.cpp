// SPDX-License-Identifier: MIT
#include "debug/cli/named_json.hpp"

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "debug/report/json.hpp"

namespace arenite::cli {
namespace {

/// Members stay in the order they came in.
using Json = nlohmann::ordered_json;

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  return bytes;
}

std::string member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_named(const Json& frame, Symbolizer& symbolizer, Json& to) {
  const std::string hex = member(frame, "module_hex");
  const std::string module = hex.empty() ? member(frame, "module") : bytes_of(hex);
  const bool named = frame.contains("function");
  if (module.empty() || named) {
    to.push_back(frame);
    return;
  }
  const std::uint64_t offset = std::strtoull(member(frame, "offset").c_str(), nullptr, 16);
  const Symbolized& names = symbolizer.look_up(module, offset, member(frame, "build_id"));
  for (std::size_t i = 0; i < names.places.size(); ++i) {
    const SourcePlace& place = names.places[i];
    Json with_names = frame;
    with_names["function"] = place.function;
    if (!place.file.empty()) with_names["file"] = place.file;
    if (place.line > 0) with_names["line"] = place.line;
    if (place.column > 0) with_names["column"] = place.column;
    if (i + 1 < names.places.size()) with_names["inlined"] = true;
    to.push_back(std::move(with_names));
  }
  if (!names.places.empty()) return;
  to.push_back(frame);
  if (!names.note.empty()) to.back()["note"] = names.note;
}

void name_stacks(Json& value, Symbolizer& symbolizer) {
  if (value.is_array()) {
    for (Json& element : value) name_stacks(element, symbolizer);
  } else if (value.is_object()) {
    for (auto& [key, part] : value.items()) {
      if (key != "stack" || !part.is_array()) {
        name_stacks(part, symbolizer);
        continue;
      }
      Json named = Json::array();
      for (const Json& frame : part) add_named(frame, symbolizer, named);
      part = std::move(named);
    }
  }
}

}  // namespace

std::string name_frames_of_json(std::string_view line, Symbolizer& symbolizer) {
  Json report = Json::parse(line, nullptr, false);
  if (!report.is_object() || member(report, "schema") != kReportSchema) return std::string(line);
  name_stacks(report, symbolizer);
  // Names of functions and files may hold any bytes, too.
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace arenite::cli
