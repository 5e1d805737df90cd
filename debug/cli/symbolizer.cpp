// SPDX-License-Identifier: MIT
#include "debug/cli/symbolizer.hpp"

#include <cxxabi.h>
#include <dwarf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <elfutils/libdwfl.h>
#include <fmt/format.h>

namespace arenite::cli {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

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
  // As text alone: the folders may be those of another machine.
  return std::filesystem::path(whole ? file : fmt::format("{}/{}", folder, file))
      .lexically_normal()
      .string();
}

/// Where the function of an inlined one called it.
SourcePlace call_site(Dwarf_Die& unit, Dwarf_Die& inlined) {
  SourcePlace place;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  // DWARF 5 counts files from 0; in older versions 0 is none, which libdw calls "???".
  const auto file = static_cast<std::size_t>(number_of(inlined, DW_AT_call_file));
  if (dwarf_getsrcfiles(&unit, &files, &count) == 0 && file < count) {
    const char* source = dwarf_filesrc(files, file, nullptr, nullptr);
    if (source != nullptr && std::strcmp(source, "???") != 0) place.file = whole_path(unit, source);
  }
  place.line = number_of(inlined, DW_AT_call_line);
  place.column = number_of(inlined, DW_AT_call_column);
  return place;
}

/// Code and the unit or function it is of.
struct Code {
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  Dwarf_Die die{};
};

/// In ascending order once it is sorted; stretches of code do not overlap.
class CodeIndex {
 public:
  void add(Dwarf_Die& die) {
    Dwarf_Addr base = 0;
    Code code;
    code.die = die;
    for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &code.begin, &code.end)) > 0;)
      code_.push_back(code);
  }
  void sort() {
    std::sort(code_.begin(), code_.end(),
              [](const Code& a, const Code& b) { return a.begin < b.begin; });
  }
  /// Null if there is no code at the address.
  Dwarf_Die* find(Dwarf_Addr address) {
    const auto behind =
        std::upper_bound(code_.begin(), code_.end(), address,
                         [](Dwarf_Addr at, const Code& code) { return at < code.begin; });
    if (behind == code_.begin() || address >= std::prev(behind)->end) return nullptr;
    return &std::prev(behind)->die;
  }

 private:
  std::vector<Code> code_;
};

/// Functions lie in anything that has a scope: lambdas in blocks, say.
void add_functions(Dwarf_Die& parent, CodeIndex& index) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return;
  do {
    if (dwarf_tag(&child) == DW_TAG_subprogram) index.add(child);
    if (dwarf_haschildren(&child) > 0) add_functions(child, index);
  } while (dwarf_siblingof(&child, &child) == 0);
}

/// The functions inlined at `address`, outermost first. By hand, as libdw's `dwarf_getscopes`
/// (0.188) finds nothing in some units that clang wrote.
void add_inlined(Dwarf_Die& parent, Dwarf_Addr address, std::vector<Dwarf_Die>& found) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    const bool inlined = tag == DW_TAG_inlined_subroutine;
    if ((!inlined && tag != DW_TAG_lexical_block) || dwarf_haspc(&child, address) <= 0) continue;
    if (inlined) found.push_back(child);
    add_inlined(child, address, found);
    return;
  } while (dwarf_siblingof(&child, &child) == 0);
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
    return units_.find(address - bias);
  }

  void index_units() {
    indexed_ = true;
    Dwarf* debug = dwfl_module_getdwarf(module_, &code_bias_);
    Dwarf_CU* cursor = nullptr;
    Dwarf_Die unit;
    while (debug != nullptr &&
           dwarf_get_units(debug, cursor, &cursor, nullptr, nullptr, &unit, nullptr) == 0)
      units_.add(unit);
    units_.sort();
  }

  /// The functions of a unit, found once: they may be many, and a report has several of each unit.
  CodeIndex& functions_of(Dwarf_Die& unit) {
    const auto [place, is_new] = functions_.try_emplace(dwarf_dieoffset(&unit));
    if (is_new) {
      add_functions(unit, place->second);
      place->second.sort();
    }
    return place->second;
  }

  /// The functions around a place, innermost first; `here` is where the innermost one is at.
  void add_scopes(Dwarf_Die& unit, Dwarf_Addr address, const std::string& symbol, SourcePlace here,
                  std::vector<SourcePlace>& places) {
    Dwarf_Die* function = functions_of(unit).find(address);
    if (function == nullptr) return;
    std::vector<Dwarf_Die> scopes{*function};
    add_inlined(*function, address, scopes);
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
      const bool has_code = std::next(scope) == scopes.rend();
      const char* name = linkage_name(*scope);
      // Lambdas and their like have no linkage name; their symbol tells more than "operator()".
      if (name == nullptr && has_code && !symbol.empty()) name = symbol.c_str();
      if (name == nullptr) name = dwarf_diename(&*scope);
      here.function = name == nullptr ? "<unknown>" : demangled(name);
      places.push_back(here);
      here = call_site(unit, *scope);
    }
  }

  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  GElf_Addr bias_ = 0;
  bool indexed_ = false;
  CodeIndex units_;
  Dwarf_Addr code_bias_ = 0;
  std::map<Dwarf_Off, CodeIndex> functions_;
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
