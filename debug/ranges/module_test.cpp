// SPDX-License-Identifier: MIT
// Modules as they are, and modules whose tables hold anything at all.
#include "debug/ranges/module.hpp"

#include <dlfcn.h>
#include <link.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr std::uint32_t hash_of(std::string_view name) {
  return symbol_hash(name);
}

template <class Visit>
void each_module(Visit visit) {
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        (*static_cast<Visit*>(context))(LoadedModule(*info));
        return 0;
      },
      &visit);
}

TEST(LoadedModule, the_c_library_defines_what_dlsym_finds) {
  void* const libc = ::dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  ASSERT_NE(libc, nullptr);
  unsigned seen = 0;
  each_module([&](const LoadedModule& module) {
    if (module.soname() != "libc.so.6") return;
    ++seen;
    // A plain one, one that is chosen by the processor, one with an older version, a weak one.
    for (const char* name : {"qsort", "strlen", "memcpy", "write", "memmove", "printf"}) {
      EXPECT_EQ(module.definition(name, hash_of(name)), ::dlsym(libc, name)) << name;
      EXPECT_TRUE(module.defines(name, hash_of(name))) << name;
    }
    EXPECT_EQ(module.definition("no_such_name", hash_of("no_such_name")), nullptr);
    EXPECT_EQ(module.definition("", hash_of("")), nullptr);
    EXPECT_TRUE(module.executes(reinterpret_cast<Address>(::dlsym(libc, "qsort"))));
    EXPECT_FALSE(module.executes(reinterpret_cast<Address>(&seen)));
    EXPECT_LT(module.relro_begin(), module.relro_end());
  });
  EXPECT_EQ(seen, 1u);
  ::dlclose(libc);
}

TEST(LoadedModule, slots_lie_where_a_module_may_store) {
  unsigned slots = 0;
  each_module([&](const LoadedModule& module) {
    module.each_slot(100, [&](Address slot, std::string_view name) {
      EXPECT_TRUE(module.may_store(slot, sizeof(Address))) << name;
      EXPECT_LE(name.size(), 100u);
      ++slots;
    });
    unsigned shorter = 0, as_short = 0;
    module.each_slot(6, [&](Address, std::string_view name) {
      EXPECT_LE(name.size(), 6u);
      ++shorter;
    });
    module.each_slot(100, [&](Address, std::string_view name) { as_short += name.size() <= 6; });
    EXPECT_EQ(shorter, as_short);
  });
  EXPECT_GT(slots, 20u);
}

/// A module in a buffer of its own, so that a sanitizer sees a read outside of it.
class MadeUpModule {
 public:
  static constexpr std::size_t kBytes = 4096;

  explicit MadeUpModule(std::uint32_t seed) : random_(seed) {
    memory_ = static_cast<std::uint8_t*>(std::aligned_alloc(4096, kBytes));
    // Words that pass for a relocation, for a symbol that is not defined, and for small numbers.
    for (std::size_t at = 0; at < kBytes; at += 8) {
      const std::uint64_t word = random_() % 4 == 0
                                     ? some_number()
                                     : std::uint64_t{random_() % 64} << 32 | R_X86_64_JUMP_SLOT;
      std::memcpy(memory_ + at, &word, sizeof word);
    }
    auto* const dynamic = reinterpret_cast<ElfW(Dyn)*>(memory_ + kDynamic);
    std::size_t at = 0;
    for (const auto tag : {DT_SYMTAB, DT_STRTAB, DT_JMPREL, DT_RELA, DT_VERSYM, DT_GNU_HASH})
      dynamic[at++] = {tag, {some_address()}};
    for (const auto tag : {DT_STRSZ, DT_PLTRELSZ, DT_RELASZ, DT_RELACOUNT, DT_SONAME})
      dynamic[at++] = {tag, {some_number()}};
    dynamic[at] = {DT_NULL, {0}};
    if (random_() % 4 == 0) dynamic[random_() % at].d_un.d_val = some_number();
    headers_[0].p_type = PT_LOAD;
    headers_[0].p_flags = PF_R | PF_W | (random_() % 2 == 0 ? unsigned{PF_X} : 0u);
    headers_[0].p_memsz = kBytes;
    headers_[1].p_type = PT_DYNAMIC;
    headers_[1].p_vaddr = kDynamic;
    headers_[1].p_memsz = random_() % 4 == 0 ? some_number() : 256;
    headers_[2].p_type = PT_GNU_RELRO;
    headers_[2].p_vaddr = some_number();
    headers_[2].p_memsz = some_number();
  }
  ~MadeUpModule() { std::free(memory_); }
  MadeUpModule(const MadeUpModule&) = delete;
  MadeUpModule& operator=(const MadeUpModule&) = delete;

  dl_phdr_info info() const {
    dl_phdr_info made{};
    made.dlpi_addr = reinterpret_cast<Address>(memory_);
    made.dlpi_phdr = headers_;
    made.dlpi_phnum = 3;
    return made;
  }

 private:
  static constexpr std::size_t kDynamic = 512;

  std::uint64_t some_address() {
    const std::uint64_t offset = random_() % 5 == 0 ? some_number() : random_() % kBytes / 8 * 8;
    return offset + (random_() % 2 == 0 ? reinterpret_cast<Address>(memory_) : 0);
  }

  std::uint64_t some_number() {
    switch (random_() % 4) {
      case 0:
        return random_() % kBytes;
      case 1:
        return ~std::uint64_t{0} - random_() % kBytes;
      case 2:
        return std::uint64_t{random_()} << 32 | random_();
      default:
        return random_() % 64;
    }
  }

  std::mt19937 random_;
  std::uint8_t* memory_;
  ElfW(Phdr) headers_[3] = {};
};

TEST(LoadedModule, tables_that_hold_anything_are_not_followed_out_of_the_module) {
  std::size_t slots = 0, named = 0;
  for (std::uint32_t seed = 0; seed < 5000; ++seed) {
    const MadeUpModule made(seed);
    const LoadedModule module(made.info());
    named += module.soname().size();
    module.each_slot(seed % 50, [&](Address, std::string_view name) {
      ++slots;
      named += name.size();
    });
    static_cast<void>(module.defines("strlen", hash_of("strlen")));
    static_cast<void>(module.defines("\1", hash_of("\1")));
    EXPECT_TRUE(module.relro_begin() == 0 || module.may_store(module.relro_begin(), 1));
  }
  // They are no modules that end every walk at once.
  EXPECT_GT(slots, 100u);
  EXPECT_GT(named, 1000u);
}

/// A module of one chain, without end, of which one symbol has a name.
struct ModuleOfOneChain {
  static constexpr std::size_t kSymbols = 6000;

  explicit ModuleOfOneChain(std::size_t named) {
    parts.hash = {1, 1, 1, 0};
    parts.filter = ~std::uint64_t{0};
    parts.bucket = 1;
    parts.chain[named - 1] = hash_of("x") & ~1u;
    parts.symbols[named] = {1, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, 1, 8, 8};
    parts.text[1] = 'x';
    const auto at = [&](const auto& part) { return reinterpret_cast<Address>(&part); };
    parts.dynamic[0] = {DT_SYMTAB, {at(parts.symbols)}};
    parts.dynamic[1] = {DT_STRTAB, {at(parts.text)}};
    parts.dynamic[2] = {DT_STRSZ, {sizeof parts.text}};
    parts.dynamic[3] = {DT_GNU_HASH, {at(parts.hash)}};
    headers[0].p_type = PT_LOAD;
    headers[0].p_flags = PF_R;
    headers[0].p_memsz = sizeof parts;
    headers[1].p_type = PT_DYNAMIC;
    headers[1].p_vaddr = at(parts.dynamic) - at(parts);
    headers[1].p_memsz = sizeof parts.dynamic;
  }
  dl_phdr_info info() const {
    dl_phdr_info made{};
    made.dlpi_addr = reinterpret_cast<Address>(&parts);
    made.dlpi_phdr = headers;
    made.dlpi_phnum = 2;
    return made;
  }

  struct {
    std::array<std::uint32_t, 4> hash;
    std::uint64_t filter;
    std::uint32_t bucket;
    std::array<std::uint32_t, kSymbols> chain;
    std::array<ElfW(Sym), kSymbols> symbols;
    std::array<char, 8> text;
    std::array<ElfW(Dyn), 5> dynamic;
  } parts{};
  ElfW(Phdr) headers[2] = {};
};

TEST(LoadedModule, a_chain_without_end_is_left) {
  for (const std::size_t named : {1u, 100u, 4096u, 4097u, 5999u}) {
    const auto made = std::make_unique<ModuleOfOneChain>(named);
    EXPECT_EQ(LoadedModule(made->info()).defines("x", hash_of("x")), named <= 4096) << named;
  }
}

/// A module of one slot, by a table that says how many of its relocations come first and name no
/// symbol, or says nothing of that.
struct ModuleOfOneSlot {
  explicit ModuleOfOneSlot(bool counts) {
    parts.symbols[1].st_name = 1;
    parts.text[1] = 'x';
    const auto at = [&](const auto& part) { return reinterpret_cast<Address>(&part); };
    parts.relocations[0] = {at(parts.slot) - at(parts), ELF64_R_INFO(1, R_X86_64_GLOB_DAT), 0};
    std::size_t next = 0;
    parts.dynamic[next++] = {DT_SYMTAB, {at(parts.symbols)}};
    parts.dynamic[next++] = {DT_STRTAB, {at(parts.text)}};
    parts.dynamic[next++] = {DT_STRSZ, {sizeof parts.text}};
    parts.dynamic[next++] = {DT_RELA, {at(parts.relocations)}};
    parts.dynamic[next++] = {DT_RELASZ, {sizeof parts.relocations}};
    if (counts) parts.dynamic[next++] = {DT_RELACOUNT, {1}};
    // Two parts that are executed, around the one that is not.
    for (const std::size_t i : {0u, 1u, 2u}) {
      headers[i].p_type = PT_LOAD;
      headers[i].p_flags = i == 1 ? PF_R : PF_R | PF_X;
      headers[i].p_vaddr = i == 1 ? 0 : sizeof parts * (1 + i);
      headers[i].p_memsz = sizeof parts;
    }
    headers[3].p_type = PT_DYNAMIC;
    headers[3].p_vaddr = at(parts.dynamic) - at(parts);
    headers[3].p_memsz = sizeof parts.dynamic;
  }
  dl_phdr_info info() const {
    dl_phdr_info made{};
    made.dlpi_addr = reinterpret_cast<Address>(&parts);
    made.dlpi_phdr = headers;
    made.dlpi_phnum = 4;
    return made;
  }

  struct {
    Address slot;
    std::array<ElfW(Rela), 1> relocations;
    std::array<ElfW(Sym), 2> symbols;
    std::array<char, 8> text;
    std::array<ElfW(Dyn), 7> dynamic;
  } parts{};
  ElfW(Phdr) headers[4] = {};
};

TEST(LoadedModule, relocations_that_name_no_symbol_are_passed_over_if_they_are_counted) {
  for (const bool counts : {false, true}) {
    const auto made = std::make_unique<ModuleOfOneSlot>(counts);
    std::vector<std::pair<Address, std::string>> slots;
    LoadedModule(made->info()).each_slot(10, [&](Address slot, std::string_view name) {
      slots.emplace_back(slot, name);
    });
    if (counts)
      EXPECT_EQ(slots.size(), 0u);
    else
      EXPECT_EQ(slots, (decltype(slots){{reinterpret_cast<Address>(&made->parts.slot), "x"}}));
  }
}

TEST(LoadedModule, its_code_reaches_from_the_first_part_to_the_last) {
  const auto made = std::make_unique<ModuleOfOneSlot>(false);
  const LoadedModule module(made->info());
  const auto base = reinterpret_cast<Address>(&made->parts);
  const Address bytes = sizeof made->parts;
  EXPECT_EQ(module.code_begin(), base + bytes);
  EXPECT_EQ(module.code_end(), base + 4 * bytes);
}

TEST(LoadedModule, without_a_dynamic_table_there_is_nothing) {
  dl_phdr_info info{};
  const LoadedModule module(info);
  EXPECT_EQ(module.soname(), "");
  EXPECT_FALSE(module.defines("strlen", hash_of("strlen")));
  EXPECT_EQ(module.code_begin(), module.code_end());
  module.each_slot(100, [](Address, std::string_view name) { ADD_FAILURE() << name; });
}

}  // namespace
}  // namespace arenite
