// SPDX-License-Identifier: MIT
#include "debug/modes/own_operators.hpp"

#include <link.h>

#include <string_view>

#include "debug/modes/layer.hpp"
#include "debug/ranges/module.hpp"
#include "debug/stacks/capture.hpp"

namespace arenite {
namespace {

bool is_from_operator(Family family) {
  switch (family) {
    case Family::new_object:
    case Family::new_array:
    case Family::new_aligned:
    case Family::new_array_aligned:
      return true;
    default:
      return false;
  }
}

bool is_from_c(Family family) {
  return family == Family::malloc || family == Family::aligned;
}

/// Here live the operators that the process has where nobody replaces them; we do.
bool is_runtime(const LoadedModule& module) {
  static constexpr std::string_view kNames[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
  for (const std::string_view name : kNames)
    if (module.soname() == name) return true;
  return module.contains(reinterpret_cast<Address>(&operators_explain));
}

bool has_operators(const LoadedModule& module) {
  static constexpr std::string_view kNames[] = {"_Znwm", "_ZdlPv"};
  if (is_runtime(module)) return false;
  for (const std::string_view name : kNames)
    if (module.defines(name, symbol_hash(name))) return true;
  return false;
}

struct Search {
  Address code;  ///< in whose module to look; 0: in all
  bool found = false;
};

int look(dl_phdr_info* info, std::size_t, void* context) {
  Search& search = *static_cast<Search*>(context);
  const LoadedModule module(*info);
  if (search.code != 0 && !module.executes(search.code)) return 0;
  search.found = has_operators(module);
  return search.found || search.code != 0 ? 1 : 0;
}

bool in_module_with_operators(Address code) {
  Search search{code};
  ::dl_iterate_phdr(look, &search);
  return search.found;
}

/// Who called malloc; 0 if that is not known.
Address allocator_of(const BlockFacts& facts) {
  Address first{};
  layer.depot.get(facts.allocated, &first, 1);
  return first;
}

/// Who calls free; 0 if that is not known.
Address caller() {
  Address first{};
  capture_stack(&first, 1);
  return first;
}

}  // namespace

bool operators_explain(const Incident& incident) {
  const Family made = incident.block.family, released = incident.released_as;
  if (is_from_c(made) && is_from_operator(released))
    return in_module_with_operators(allocator_of(incident.block));
  return is_from_operator(made) && is_from_c(released) && in_module_with_operators(caller());
}

}  // namespace arenite
