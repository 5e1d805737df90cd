// SPDX-License-Identifier: MIT
#include "debug/cli/sarif.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

/// Paths as RFC 3986 has them: what is neither unreserved nor a slash is escaped.
std::string uri_of(const std::string& path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Json location_of(const NamedFrame& frame) {
  const bool source = !frame.file.empty();
  Json physical{{"artifactLocation", {{"uri", uri_of(source ? frame.file : frame.module)}}}};
  // Hosts of code want a line everywhere.
  physical["region"] = {{"startLine", source && frame.line > 0 ? frame.line : 1}};
  Json location{{"physicalLocation", std::move(physical)}};
  if (!frame.function.empty())
    location["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", frame.function}, {"kind", "function"}}});
  return location;
}

/// Stays the same as long as the code does: nothing in it changes from run to run.
std::string fingerprint_of(const SarifResult& result) {
  std::string key = result.rule;
  for (const NamedFrame& frame : result.stack) key += '|' + frame.function + frame.module;
  if (result.stack.empty()) key += '|' + result.module;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

}  // namespace

void SarifLog::add(const SarifResult& result) {
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const SarifRule& known) { return known.id == result.rule; });
  Json json{{"ruleId", result.rule}};
  if (rule != rules_.end()) {
    json["ruleIndex"] = rule - rules_.begin();
    json["level"] = rule->level;
  }
  json["message"] = {{"text", result.message}};
  NamedFrame module;
  module.module = result.module;
  Json location = location_of(result.culprit != nullptr ? *result.culprit : module);
  if (result.address != 0)
    location["physicalLocation"]["address"] = {{"absoluteAddress", result.address}};
  json["locations"] = Json::array({std::move(location)});
  if (!result.stack.empty()) {
    Json frames = Json::array();
    for (const NamedFrame& frame : result.stack)
      frames.push_back({{"location", location_of(frame)}, {"module", frame.module}});
    json["stacks"] =
        Json::array({{{"message", {{"text", "allocated here"}}}, {"frames", std::move(frames)}}});
  }
  json["partialFingerprints"] = {{"arenite/v1", fingerprint_of(result)}};
  results_.push_back(std::move(json));
}

Json SarifLog::json(int exit, const std::string& notification) const {
  Json rules = Json::array();
  for (const SarifRule& rule : rules_)
    rules.push_back({{"id", rule.id},
                     {"shortDescription", {{"text", rule.name}}},
                     {"fullDescription", {{"text", rule.help}}},
                     {"help", {{"text", rule.help}}},
                     {"defaultConfiguration", {{"level", rule.level}}}});
  Json invocation{{"executionSuccessful", exit != kCannotTell}, {"exitCode", exit}};
  if (!notification.empty())
    invocation["toolExecutionNotifications"] =
        Json::array({{{"level", "error"}, {"message", {{"text", notification}}}}});
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs",
           Json::array({{{"tool", {{"driver", {{"name", "arenite"}, {"rules", std::move(rules)}}}}},
                         {"invocations", Json::array({std::move(invocation)})},
                         {"results", results_}}})}};
}

}  // namespace arenite::cli
