// SPDX-License-Identifier: MIT
// The finder over modules made here, byte by byte, sound and otherwise.
#include "debug/memory/heap_sites.hpp"

#include <random>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr Address kBegin = 0x7f0000000000;

/// Memory that is one vector; nothing else is readable.
struct VectorView {
  const std::vector<unsigned char>& bytes;
  bool read(Address at, void* to, std::size_t count) const {
    if (at < kBegin || at - kBegin > bytes.size() || count > bytes.size() - (at - kBegin))
      return false;
    std::memcpy(to, bytes.data() + (at - kBegin), count);
    return true;
  }
};

class Module {
 public:
  Module() : bytes(0x1000) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    put(0, header);
    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    load.p_vaddr = 0x10000;
    put(sizeof header, load);
    Elf64_Phdr notes{};
    notes.p_type = PT_NOTE;
    notes.p_vaddr = 0x10000 + kNotes;
    notes.p_memsz = 72;
    notes.p_align = 4;
    put(sizeof header + sizeof load, notes);
    note(kNotes, 4, 20, NT_GNU_BUILD_ID, "GNU");
    for (unsigned i = 0; i < 20; ++i) bytes[kNotes + 16 + i] = static_cast<unsigned char>(i);
    note(kNotes + 36, 8, 16, kNoteType, "Arenite");
    put(kNotes + 36 + 20, std::uint64_t{1});
    put(kNotes + 36 + 28, std::uint64_t{0x5000});
  }

  /// With a third note, and a list of heaps: `links` are the addresses of the next, from the head.
  void list_own_heaps(const std::vector<Address>& links) {
    put(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_memsz),
        std::uint64_t{108});
    note(kNotes + 72, 8, 16, kOwnHeapsNoteType, "Arenite");
    put(kNotes + 72 + 20, std::uint64_t{kOwnHeapsVersion});
    put(kNotes + 72 + 28, std::uint64_t{kList} - (kNotes + 72 + 28));
    put(kList, links[0]);
    for (std::size_t i = 1; i < links.size(); ++i)
      put(kList + i * 64, OwnHeapLink<Remote>{links[i], 0x1000 * i, i == 1});
  }
  /// The same two notes at multiples of eight, as some linkers lay them out.
  void align_notes_to_eight() {
    Elf64_Phdr notes;
    std::memcpy(&notes, bytes.data() + sizeof(Elf64_Ehdr) + sizeof notes, sizeof notes);
    notes.p_align = 8;
    notes.p_memsz = 80;
    put(sizeof(Elf64_Ehdr) + sizeof notes, notes);
    note(kNotes + 40, 8, 16, kNoteType, "Arenite");
    put(kNotes + 64, std::uint64_t{1});
    put(kNotes + 72, std::uint64_t{0x5000});
  }
  static Address link(std::size_t number) { return kBegin + kList + number * 64; }

  bool find(HeapSite& site) const {
    const VectorView view{bytes};
    return MappedModule<VectorView>(view, kBegin).find(site);
  }

  template <class T>
  void put(std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }

  static constexpr std::size_t kNotes = 0x200;
  static constexpr std::size_t kList = 0x800;
  std::vector<unsigned char> bytes;

 private:
  void note(std::size_t at, std::uint32_t name, std::uint32_t content, std::uint32_t type,
            const char* text) {
    put(at, Elf64_Nhdr{name, content, type});
    std::memcpy(bytes.data() + at + sizeof(Elf64_Nhdr), text, std::strlen(text));
  }
};

TEST(HeapSites, a_sound_module) {
  const Module module;
  HeapSite site;
  ASSERT_TRUE(module.find(site));
  EXPECT_EQ(site.version, 1u);
  EXPECT_EQ(site.root, kBegin + Module::kNotes + 36 + 28 + 0x5000);
  ASSERT_EQ(site.build_id.size(), 20u);
  EXPECT_EQ(site.build_id[19], 19);
}

TEST(HeapSites, notes_at_multiples_of_eight) {
  Module module;
  module.align_notes_to_eight();
  HeapSite site;
  ASSERT_TRUE(module.find(site));
  EXPECT_EQ(site.root, kBegin + Module::kNotes + 72 + 0x5000);
  EXPECT_EQ(site.build_id.size(), 20u);
}

TEST(HeapSites, a_module_without_the_note) {
  Module module;
  module.bytes[Module::kNotes + 36 + sizeof(Elf64_Nhdr)] = 'a';
  HeapSite site;
  EXPECT_FALSE(module.find(site));
}

TEST(HeapSites, what_is_cut_short_is_none) {
  const Module whole;
  for (std::size_t length = 0; length < Module::kNotes + 72; length += 4) {
    Module module;
    module.bytes.resize(length);
    HeapSite site;
    EXPECT_FALSE(module.find(site)) << length;
  }
}

/// The heaps of the module as its list has them.
std::vector<HeapSite> own_heaps(const std::vector<Address>& links, HeapSite& site) {
  Module module;
  module.list_own_heaps(links);
  EXPECT_TRUE(module.find(site));
  std::vector<HeapSite> sites;
  add_own_heaps(VectorView{module.bytes}, site, sites);
  return sites;
}

TEST(HeapSites, heaps_of_the_programs_own) {
  HeapSite site;
  EXPECT_TRUE(own_heaps({0}, site).empty());
  const std::vector<HeapSite> sites = own_heaps({Module::link(1), Module::link(2), 0}, site);
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_EQ(site.list_ends, 0u);
  EXPECT_EQ(sites[0].root, 0x1000u);
  EXPECT_EQ(sites[1].root, 0x2000u);
  EXPECT_TRUE(sites[0].own && sites[0].locked && !sites[1].locked);
  EXPECT_EQ(sites[0].build_id, site.build_id);
}

TEST(HeapSites, a_list_that_cannot_be_followed) {
  HeapSite nowhere;
  EXPECT_EQ(own_heaps({Module::link(1), 0x1234}, nowhere).size(), 1u);
  EXPECT_EQ(nowhere.list_ends, 0x1234u);
  HeapSite cycle;
  EXPECT_EQ(own_heaps({Module::link(1), Module::link(2), Module::link(1)}, cycle).size(), 2u);
  EXPECT_EQ(cycle.list_ends, Module::link(1));
}

/// A list in a large memory, of which each next one is another heap.
TEST(HeapSites, a_list_ends_with_the_most_heaps_that_are_looked_for) {
  constexpr std::size_t kStep = sizeof(OwnHeapLink<Remote>);
  const auto link = [](std::size_t number) { return kBegin + 8 + number * kStep; };
  const auto list = [&](std::size_t count) {
    std::vector<unsigned char> bytes(8 + count * kStep);
    const Address head = link(0);
    std::memcpy(bytes.data(), &head, sizeof head);
    for (std::size_t i = 0; i < count; ++i) {
      const OwnHeapLink<Remote> each{i + 1 < count ? link(i + 1) : 0, 0x1000 * (i + 1), 0};
      std::memcpy(bytes.data() + 8 + i * kStep, &each, kStep);
    }
    return bytes;
  };
  for (const std::size_t more : {0u, 1u}) {
    const std::vector<unsigned char> bytes = list(kMostOwnHeaps + more);
    HeapSite site;
    site.own_heaps = kBegin;
    std::vector<HeapSite> sites;
    add_own_heaps(VectorView{bytes}, site, sites);
    EXPECT_EQ(sites.size(), kMostOwnHeaps);
    EXPECT_EQ(site.list_ends, more == 0 ? 0 : link(kMostOwnHeaps));
  }
}

TEST(HeapSites, any_bytes) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20000; ++round) {
    Module module;
    for (int i = 0; i < 3; ++i)
      module.bytes[random() % (Module::kNotes + 72)] = static_cast<unsigned char>(random());
    for (int i = 0; i < 2; ++i)
      module.put(random() % 100 * 4, random() % 2 == 0 ? random() : ~std::uint64_t{0});
    HeapSite site;
    module.find(site);
    EXPECT_LE(site.build_id.size(), 64u);
  }
}

}  // namespace
}  // namespace arenite
