// SPDX-License-Identifier: MIT
// The reader over cores made here, byte by byte, sound and otherwise.
#include "debug/memory/core_file.hpp"

#include <sys/procfs.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;

std::string path_of(const char* name) {
  return ::testing::TempDir() + "/arenite_core_" + std::to_string(::getpid()) + "_" + name;
}

using Bytes = std::vector<unsigned char>;

template <class T>
void put(Bytes& bytes, const T& value) {
  const auto* from = reinterpret_cast<const unsigned char*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof value);
}

void write(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// A core put together from segments and notes.
class Core {
 public:
  struct Segment {
    Address begin;
    std::uint64_t bytes;
    Bytes contents;
    std::uint32_t flags = PF_R | PF_W;
  };

  void note(std::uint32_t type, const Bytes& contents) {
    put(notes, Elf64_Nhdr{5, static_cast<Elf64_Word>(contents.size()), type});
    for (const char byte : {'C', 'O', 'R', 'E', '\0', '\0', '\0', '\0'})
      notes.push_back(static_cast<unsigned char>(byte));
    notes.insert(notes.end(), contents.begin(), contents.end());
    notes.resize((notes.size() + 3) / 4 * 4);
  }
  void thread(pid_t number, std::uint64_t stack_pointer, short signal = 0) {
    elf_prstatus status{};
    status.pr_pid = number;
    status.pr_cursig = signal;
    user_regs_struct registers{};
    registers.rsp = stack_pointer;
    std::memcpy(&status.pr_reg, &registers, sizeof registers);
    Bytes bytes;
    put(bytes, status);
    note(NT_PRSTATUS, bytes);
  }
  void files(const std::vector<CoreFileMapping>& mappings) {
    Bytes bytes;
    put(bytes, std::uint64_t{mappings.size()});
    put(bytes, std::uint64_t{4096});
    for (const CoreFileMapping& mapping : mappings) {
      put(bytes, mapping.begin);
      put(bytes, mapping.end);
      put(bytes, mapping.offset / 4096);
    }
    for (const CoreFileMapping& mapping : mappings)
      bytes.insert(bytes.end(), mapping.path.c_str(),
                   mapping.path.c_str() + mapping.path.size() + 1);
    note(NT_FILE, bytes);
  }

  /// `counted_elsewhere`: as if there were more segments than fit the header.
  Bytes build(bool counted_elsewhere = false) const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_CORE;
    header.e_machine = EM_X86_64;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phoff = sizeof header + sizeof(Elf64_Shdr);
    header.e_shoff = sizeof header;
    header.e_phnum = counted_elsewhere ? PN_XNUM : static_cast<Elf64_Half>(segments.size() + 1);
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(segments.size() + 1);
    Bytes bytes;
    put(bytes, header);
    put(bytes, section);
    std::uint64_t at = header.e_phoff + (segments.size() + 1) * sizeof(Elf64_Phdr);
    Elf64_Phdr program{};
    program.p_type = PT_NOTE;
    program.p_offset = at;
    program.p_filesz = notes.size();
    put(bytes, program);
    at += notes.size();
    for (const Segment& segment : segments) {
      program = {};
      program.p_type = PT_LOAD;
      program.p_flags = segment.flags;
      program.p_vaddr = segment.begin;
      program.p_memsz = segment.bytes;
      program.p_offset = at;
      program.p_filesz = segment.contents.size();
      put(bytes, program);
      at += segment.contents.size();
    }
    bytes.insert(bytes.end(), notes.begin(), notes.end());
    for (const Segment& segment : segments)
      bytes.insert(bytes.end(), segment.contents.begin(), segment.contents.end());
    return bytes;
  }

  std::vector<Segment> segments;
  Bytes notes;
};

class CoreFileTest : public ::testing::Test {
 protected:
  ~CoreFileTest() override { ::unlink(path.c_str()); }
  std::string path = path_of(::testing::UnitTest::GetInstance()->current_test_info()->name());
};

Core two_segments() {
  Core core;
  core.segments.push_back({0x10000, 0x2000, Bytes(0x2000, 1)});
  core.segments.push_back({0x12000, 0x3000, Bytes(0x1000, 2), PF_R});
  core.segments.push_back({0x20000, 0x1000, {}, 0});
  core.thread(7, 0x10800, 11);
  core.thread(9, 0x11000);
  return core;
}

TEST_F(CoreFileTest, memory_across_segments_and_none_where_the_core_has_none) {
  write(path, two_segments().build());
  const CoreFile core(path);
  EXPECT_EQ(core.damage(), "");
  Bytes bytes(0x3000);
  ASSERT_TRUE(core.read(0x10000, bytes.data(), bytes.size()));
  EXPECT_EQ(bytes[0x1fff], 1);
  EXPECT_EQ(bytes[0x2000], 2);
  EXPECT_FALSE(core.read(0x10000, bytes.data(), 0x3001));
  for (const Address at : {Address{0xffff}, Address{0x13000}, Address{0x15000}, Address{0x20000},
                           Address{0}, ~Address{0}})
    EXPECT_FALSE(core.read(at, bytes.data(), 1)) << at;
  EXPECT_TRUE(core.read(0x13000, bytes.data(), 0));
}

TEST_F(CoreFileTest, threads_signal_and_mappings) {
  Core made = two_segments();
  made.files({{0x12000, 0x15000, 0x5000, "/a b\nc"},
              {0x15000, 0x16000, 0, "/behind"},
              {0x30000, 0x31000, 0, "/gone"}});
  write(path, made.build());
  const CoreFile core(path);
  ASSERT_EQ(core.notes().threads.size(), 2u);
  EXPECT_EQ(core.notes().threads[0].number, 7u);
  EXPECT_EQ(core.notes().threads[1].registers.rsp, 0x11000u);
  EXPECT_EQ(core.notes().signal, 11);
  EXPECT_EQ(core.maps(),
            "10000-12000 rw-p 00000000 00:00 0 \n"
            "12000-15000 r--p 00005000 00:00 1 /a b\\012c\n"
            "15000-16000 r--p 00000000 00:00 1 /behind\n"
            "20000-21000 ---p 00000000 00:00 0 \n"
            "30000-31000 r--p 00000000 00:00 1 /gone\n");
}

TEST_F(CoreFileTest, stack_and_vdso_are_known_by_the_auxiliary_vector) {
  Core made = two_segments();
  Bytes pairs;
  for (const std::uint64_t word :
       {std::uint64_t{AT_RANDOM}, std::uint64_t{0x11fff}, std::uint64_t{AT_SYSINFO_EHDR},
        std::uint64_t{0x20000}, std::uint64_t{AT_NULL}, std::uint64_t{0}, std::uint64_t{AT_RANDOM},
        std::uint64_t{0x12000}})
    put(pairs, word);
  made.note(NT_AUXV, pairs);
  write(path, made.build());
  EXPECT_EQ(CoreFile(path).maps(),
            "10000-12000 rw-p 00000000 00:00 1 [stack]\n"
            "12000-15000 r--p 00000000 00:00 1 \n"
            "20000-21000 ---p 00000000 00:00 1 [vdso]\n");
}

TEST_F(CoreFileTest, more_segments_than_fit_the_header) {
  Core made;
  for (unsigned i = 0; i < 70000; ++i)
    made.segments.push_back({0x1000000 + i * 0x10000ull, 1, {1}});
  write(path, made.build(true));
  const CoreFile core(path);
  EXPECT_EQ(core.damage(), "");
  unsigned char byte = 0;
  EXPECT_TRUE(core.read(0x1000000 + 69999 * 0x10000ull, &byte, 1));
  EXPECT_EQ(byte, 1);
}

TEST_F(CoreFileTest, a_mapped_file_is_read_only_if_it_is_the_same) {
  // A module of two pages: headers with a build id, and what the core leaves out.
  Bytes module;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  put(module, header);
  Elf64_Phdr program{};
  program.p_type = PT_NOTE;
  program.p_vaddr = sizeof header + sizeof program;
  program.p_memsz = 36;
  program.p_align = 4;
  put(module, program);
  put(module, Elf64_Nhdr{4, 20, NT_GNU_BUILD_ID});
  for (const char byte : {'G', 'N', 'U', '\0'}) module.push_back(static_cast<unsigned char>(byte));
  const std::size_t id = module.size();
  module.resize(4096, 3);
  module.resize(8192, 4);
  const std::string file = path + ".so";
  write(file, module);

  Core made;
  made.segments.push_back({0x70000000, 0x2000, Bytes(module.begin(), module.begin() + 4096), PF_R});
  made.files({{0x70000000, 0x70002000, 0, file}});
  write(path, made.build());
  unsigned char byte = 0;
  EXPECT_TRUE(CoreFile(path).read(0x70001000, &byte, 1));
  EXPECT_EQ(byte, 4);
  EXPECT_FALSE(CoreFile(path, CoreFile::MappedFiles::leave).read(0x70001000, &byte, 1));
  module[id] ^= 1;
  write(file, module);
  EXPECT_FALSE(CoreFile(path).read(0x70001000, &byte, 1));
  ::unlink(file.c_str());
  EXPECT_FALSE(CoreFile(path).read(0x70001000, &byte, 1));
  EXPECT_TRUE(CoreFile(path).read(0x70000000, &byte, 1));
}

TEST_F(CoreFileTest, a_cut_file_gives_what_it_holds_and_says_so) {
  const Bytes whole = two_segments().build();
  for (std::size_t length = sizeof(Elf64_Ehdr); length < whole.size(); length += 997) {
    write(path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    const CoreFile core(path);
    EXPECT_THAT(core.damage(), HasSubstr("damaged")) << length;
  }
  write(path, Bytes(whole.begin(), whole.end() - 0x1000));
  const CoreFile core(path);
  unsigned char byte = 0;
  EXPECT_TRUE(core.read(0x11fff, &byte, 1));
  EXPECT_FALSE(core.read(0x12000, &byte, 1));
}

TEST_F(CoreFileTest, a_file_that_shrinks_meanwhile) {
  Core made;
  made.segments.push_back({0x10000, 0x100000, Bytes(0x100000, 1)});
  write(path, made.build());
  const CoreFile core(path);
  ASSERT_EQ(::truncate(path.c_str(), 100), 0);
  unsigned char byte = 0;
  // What was read before may still be known.
  EXPECT_FALSE(core.read(0x10fff0, &byte, 1));
}

TEST_F(CoreFileTest, what_is_no_core) {
  EXPECT_THROW(CoreFile("/nonexistent"), CannotTell);
  for (const std::string file : {"/", "/dev/null"}) try {
      const CoreFile core(file);
      ADD_FAILURE() << file;
    } catch (const CannotTell& reason) {
      EXPECT_EQ(std::string(reason.what()), file + " is not a file");
    }
  write(path, Bytes(100, 'x'));
  EXPECT_THROW(CoreFile{path}, CannotTell);
  Bytes other = two_segments().build();
  other[EI_CLASS] = ELFCLASS32;
  write(path, other);
  EXPECT_THROW(CoreFile{path}, CannotTell);
}

TEST_F(CoreFileTest, notes_and_segments_that_make_no_sense) {
  Core overlapping = two_segments();
  overlapping.segments.push_back({0x11000, 0x1000, Bytes(0x1000, 5)});
  write(path, overlapping.build());
  EXPECT_THAT(CoreFile(path).damage(), HasSubstr("two segments"));

  Core many = two_segments();
  Bytes claim;
  put(claim, ~std::uint64_t{0} / 24);
  put(claim, std::uint64_t{4096});
  many.note(NT_FILE, claim);
  write(path, many.build());
  EXPECT_THAT(CoreFile(path).damage(), HasSubstr("list of mapped files"));
}

TEST_F(CoreFileTest, lists_of_mapped_files) {
  const auto sound = [&](const std::vector<CoreFileMapping>& files) {
    Core made = two_segments();
    made.files(files);
    write(path, made.build());
    return CoreFile(path).damage().empty();
  };
  const std::string longest(16384, 'x');
  EXPECT_TRUE(sound({{0x1000, 0x2000, 0, longest}, {0x2000, 0x3000, 0, "/a"}}));
  EXPECT_FALSE(sound({{0x1000, 0x2000, 0, longest + "x"}}));
  EXPECT_FALSE(sound({{0x1000, 0x2000, 0, "/a"}, {0x1fff, 0x3000, 0, "/b"}})) << "they overlap";
  EXPECT_FALSE(sound({{0x1000, 0x1000, 0, "/a"}})) << "of nothing";
  EXPECT_TRUE(sound({{0x1000, 0x1001, 0, "/a"}}));
}

/// Any byte changed anywhere: an answer or CannotTell, and reads that stay inside.
TEST_F(CoreFileTest, any_change_is_survived) {
  Core made = two_segments();
  made.files({{0x12000, 0x15000, 0x5000, "/a"}});
  const Bytes whole = made.build();
  std::mt19937 random(3);
  const std::size_t interesting = whole.size() - 0x3000;
  for (int i = 0; i < 500; ++i) {
    Bytes changed = whole;
    for (int k = 0; k < 4; ++k)
      changed[random() % interesting] = static_cast<unsigned char>(random());
    write(path, changed);
    try {
      const CoreFile core(path, CoreFile::MappedFiles::leave);
      Bytes bytes(0x4000);
      core.read(0x10000, bytes.data(), bytes.size());
      core.maps();
    } catch (const CannotTell&) {
    }
  }
}

}  // namespace
}  // namespace arenite
