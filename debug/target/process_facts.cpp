// SPDX-License-Identifier: MIT
#include "debug/target/process_facts.hpp"

#include <algorithm>

namespace arenite {

void take_mappings(std::string text, ProcessFacts& facts) {
  facts.maps = std::make_unique<std::string>(std::move(text));
  std::string_view rest = *facts.maps;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    Mapping mapping;
    if (parse_mapping(rest.substr(0, length), mapping)) facts.mappings.push_back(mapping);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

const Mapping* mapping_at(Address at, const ProcessFacts& facts) {
  const auto after = std::upper_bound(
      facts.mappings.begin(), facts.mappings.end(), at,
      [](Address wanted, const Mapping& mapping) { return wanted < mapping.begin; });
  if (after == facts.mappings.begin()) return nullptr;
  const Mapping& found = *(after - 1);
  return at < found.end ? &found : nullptr;
}

}  // namespace arenite
