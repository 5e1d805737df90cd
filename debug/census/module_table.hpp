// SPDX-License-Identifier: MIT
// Which file an address of a process has its code from, in the terms of that file: what a
// symboliser asks for. Read from the ELF headers the loader mapped; works without the files.
#pragma once

#include <string>
#include <vector>

#include "debug/memory/any_view.hpp"
#include "debug/target/process_facts.hpp"

namespace arenite {

struct LoadedModule {
  Address begin = 0;
  Address end = 0;
  Address bias = 0;  ///< what is added to the addresses in the file
  std::string path;
  std::string build_id;  ///< in hexadecimal; empty if it has none
};

class ModuleTable {
 public:
  ModuleTable() = default;
  ModuleTable(const AnyView& view, const ProcessFacts& facts);

  /// Null if no file is mapped there.
  const LoadedModule* find(Address at) const;

 private:
  /// In ascending order.
  std::vector<LoadedModule> modules_;
};

}  // namespace arenite
