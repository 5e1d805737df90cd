// SPDX-License-Identifier: MIT
// An examination as JSON, for every command that prints one.
#pragma once

#include <nlohmann/json.hpp>

#include "debug/target/examine.hpp"

namespace arenite::cli {

using Json = nlohmann::ordered_json;

/// Prints any text, also what is no UTF-8: names of files may be anything.
std::string dump(const Json& json);
Json describe(const ProcessFacts& facts);
/// Which heap it is.
Json describe(const HeapSite& site);
Json describe(const HeapReport& heap);
Json describe(const Statistics& statistics);
const char* name_of(AuditEnd end);

}  // namespace arenite::cli
