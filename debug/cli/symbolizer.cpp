// SPDX-License-Identifier: MIT
#include "debug/cli/symbolizer.hpp"

#include <cxxabi.h>
#include <dwarf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <elfutils/libdwfl.h>
#include <fmt/format.h>

namespace arenite::cli {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Dies = std::unique_ptr<Dwarf_Die, Free>;

std::string demangled(const char* name) {
  if (std::strncmp(name, "_Z", 2) != 0) return name;
  int status = 0;
  const std::unique_ptr<char, Free> plain(abi::__cxa_demangle(name, nullptr, nullptr, &status));
  return plain != nullptr ? plain.get() : name;
}

const char* linkage_name(Dwarf_Die& die) {
  Dwarf_Attribute memory;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
    if (Dwarf_Attribute* found = dwarf_attr_integrate(&die, name, &memory); found != nullptr)
      return dwarf_formstring(found);
  return nullptr;
}

int number_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute memory;
  Dwarf_Word value = 0;
  Dwarf_Attribute* found = dwarf_attr(&die, attribute, &memory);
  return found != nullptr && dwarf_formudata(found, &value) == 0 ? static_cast<int>(value) : 0;
}

/// Relative to the folder it was compiled in, if relative.
std::string whole_path(Dwarf_Die& unit, const char* file) {
  if (file == nullptr) return {};
  Dwarf_Attribute memory;
  const char* folder = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &memory));
  const bool whole = file[0] == '/' || folder == nullptr;
  std::string path = whole ? file : fmt::format("{}/{}", folder, file);
  if (path.starts_with("./")) path.erase(0, 2);
  return path;
}

/// Where the function of an inlined one called it.
SourcePlace call_site(Dwarf_Die& unit, Dwarf_Die& inlined) {
  SourcePlace place;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const int file = number_of(inlined, DW_AT_call_file);
  if (file > 0 && dwarf_getsrcfiles(&unit, &files, &count) == 0)
    place.file =
        whole_path(unit, dwarf_filesrc(files, static_cast<std::size_t>(file), nullptr, nullptr));
  place.line = number_of(inlined, DW_AT_call_line);
  place.column = number_of(inlined, DW_AT_call_column);
  return place;
}

std::string hex(const unsigned char* bytes, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

class Symbolizer::Module {
 public:
  explicit Module(const std::string& path) {
    static const Dwfl_Callbacks kCallbacks = {dwfl_build_id_find_elf, dwfl_standard_find_debuginfo,
                                              dwfl_offline_section_address, nullptr};
    dwfl_ = dwfl_begin(&kCallbacks);
    if (dwfl_ == nullptr) return;
    module_ = dwfl_report_offline(dwfl_, path.c_str(), path.c_str(), -1);
    dwfl_report_end(dwfl_, nullptr, nullptr);
    if (module_ != nullptr && dwfl_module_getelf(module_, &bias_) == nullptr) module_ = nullptr;
  }
  ~Module() { dwfl_end(dwfl_); }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  Symbolized look_up(std::uint64_t offset, const std::string& build_id) {
    Symbolized result;
    if (module_ == nullptr) return result;
    const unsigned char* bytes = nullptr;
    GElf_Addr unused;
    const int count = dwfl_module_build_id(module_, &bytes, &unused);
    const std::string own = hex(bytes, count);
    if (!build_id.empty() && own != build_id) {
      result.note = own.empty() ? "the file has no build id now"
                                : fmt::format("the file has another build id now: {}", own);
      return result;
    }
    result.places = places_of(offset + bias_);
    return result;
  }

 private:
  /// A compilation unit and code of it.
  struct Code {
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    Dwarf_Die unit{};
  };

  std::vector<SourcePlace> places_of(Dwarf_Addr address) {
    std::vector<SourcePlace> places;
    std::string symbol;
    if (const char* name = dwfl_module_addrname(module_, address); name != nullptr) {
      symbol = name;
      symbol.resize(std::min(symbol.find('@'), symbol.size()));
    }
    SourcePlace here;
    Dwarf_Addr bias = 0;
    if (Dwarf_Die* unit = unit_of(address, bias); unit != nullptr) {
      if (Dwarf_Line* line = dwarf_getsrc_die(unit, address - bias); line != nullptr) {
        here.file = whole_path(*unit, dwarf_linesrc(line, nullptr, nullptr));
        dwarf_lineno(line, &here.line);
        dwarf_linecol(line, &here.column);
      }
      add_scopes(*unit, address - bias, symbol, here, places);
    }
    if (places.empty() && !symbol.empty()) {
      here.function = demangled(symbol.c_str());
      places.push_back(here);
    }
    return places;
  }

  /// `bias`: what an address is above its value in the debug information.
  Dwarf_Die* unit_of(Dwarf_Addr address, Dwarf_Addr& bias) {
    if (Dwarf_Die* unit = dwfl_module_addrdie(module_, address, &bias); unit != nullptr)
      return unit;
    // That goes by .debug_aranges, which clang does not write.
    if (!indexed_) index_units();
    bias = code_bias_;
    const auto behind =
        std::upper_bound(code_.begin(), code_.end(), address - bias,
                         [](Dwarf_Addr at, const Code& code) { return at < code.begin; });
    if (behind == code_.begin()) return nullptr;
    Code& code = *std::prev(behind);
    return address - bias < code.end ? &code.unit : nullptr;
  }

  void index_units() {
    indexed_ = true;
    Dwarf* debug = dwfl_module_getdwarf(module_, &code_bias_);
    Dwarf_CU* cursor = nullptr;
    Dwarf_Die unit;
    while (debug != nullptr &&
           dwarf_get_units(debug, cursor, &cursor, nullptr, nullptr, &unit, nullptr) == 0) {
      Dwarf_Addr base = 0;
      Code code;
      code.unit = unit;
      for (std::ptrdiff_t at = 0;
           (at = dwarf_ranges(&unit, at, &base, &code.begin, &code.end)) > 0;)
        code_.push_back(code);
    }
    std::sort(code_.begin(), code_.end(),
              [](const Code& a, const Code& b) { return a.begin < b.begin; });
  }

  /// The functions around a place, innermost first; `here` is where the innermost one is at.
  static void add_scopes(Dwarf_Die& unit, Dwarf_Addr address, const std::string& symbol,
                         SourcePlace here, std::vector<SourcePlace>& places) {
    Dwarf_Die* found = nullptr;
    if (dwarf_getscopes(&unit, address, &found) <= 0) return;
    const Dies innermost(found);
    // Behind an inlined function come the scopes it was written in; these are those it runs in.
    Dwarf_Die* chain = nullptr;
    const int count = dwarf_getscopes_die(innermost.get(), &chain);
    if (count <= 0) return;
    const Dies scopes(chain);
    for (int i = 0; i < count; ++i) {
      Dwarf_Die& scope = scopes.get()[i];
      const int tag = dwarf_tag(&scope);
      if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
      const char* name = linkage_name(scope);
      // Lambdas and their like have no linkage name; their symbol tells more than "operator()".
      if (name == nullptr && tag == DW_TAG_subprogram && !symbol.empty()) name = symbol.c_str();
      if (name == nullptr) name = dwarf_diename(&scope);
      here.function = name == nullptr ? "<unknown>" : demangled(name);
      places.push_back(here);
      if (tag == DW_TAG_subprogram) return;
      here = call_site(unit, scope);
    }
  }

  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  GElf_Addr bias_ = 0;
  bool indexed_ = false;
  std::vector<Code> code_;
  Dwarf_Addr code_bias_ = 0;
};

Symbolizer::Symbolizer() = default;
Symbolizer::~Symbolizer() = default;

const Symbolized& Symbolizer::look_up(const std::string& module, std::uint64_t offset,
                                      const std::string& build_id) {
  std::unique_ptr<Module>& opened = modules_[module];
  if (opened == nullptr) opened = std::make_unique<Module>(module);
  const auto [place, is_new] = found_.try_emplace({opened.get(), {offset, build_id}});
  if (is_new) place->second = opened->look_up(offset, build_id);
  return place->second;
}

}  // namespace arenite::cli
