// SPDX-License-Identifier: MIT
#include "debug/census/module_table.hpp"

#include <algorithm>

namespace arenite {
namespace {

std::string hexadecimal(const std::vector<std::uint8_t>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

/// The mappings of one file follow one another; the first shows the file's beginning.
ModuleTable::ModuleTable(const AnyView& view, const ProcessFacts& facts) {
  for (const Mapping& mapping : facts.mappings) {
    if (mapping.inode == 0 || mapping.path.empty()) continue;
    if (mapping.offset != 0) {
      if (!modules_.empty() && modules_.back().path == mapping.path)
        modules_.back().end = mapping.end;
      continue;
    }
    HeapSite site;
    MappedModule<AnyView>(view, mapping.begin).find(site);
    modules_.push_back({mapping.begin, mapping.end,
                        site.bias != 0 || !site.build_id.empty() ? site.bias : mapping.begin,
                        std::string(mapping.path), hexadecimal(site.build_id)});
  }
}

const LoadedModule* ModuleTable::find(Address at) const {
  const auto after =
      std::upper_bound(modules_.begin(), modules_.end(), at,
                       [](Address wanted, const LoadedModule& m) { return wanted < m.begin; });
  if (after == modules_.begin()) return nullptr;
  const LoadedModule& module = *(after - 1);
  return at < module.end ? &module : nullptr;
}

}  // namespace arenite
