// SPDX-License-Identifier: MIT
// The tables of libc, against what elfutils reads in them, and with bytes that are wrong.
#include <dwarf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include <elfutils/libdw.h>
#include <gtest/gtest.h>

#include "debug/stacks/call_frames.hpp"
#include "debug/stacks/loaded_objects.hpp"

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct LibcTables {
  LoadedObject object;
  ByteRange readable;
  ByteRange text;
};

LibcTables libc_tables() {
  prepare_objects();
  LibcTables libc;
  EXPECT_TRUE(find_object(reinterpret_cast<Address>(&::a64l), libc.object));
  libc.readable = libc.object.readable_around(libc.object.frame_table);
  libc.text = libc.object.readable_around(reinterpret_cast<Address>(&::a64l));
  return libc;
}

/// The rule by elfutils; false where it needs more than a rule can say.
bool elfutils_rule(Dwarf_CFI* cfi, Address pc, UnwindRule& rule) {
  Dwarf_Frame* frame = nullptr;
  if (::dwarf_cfi_addrframe(cfi, pc, &frame) != 0) return false;
  const auto places = [&](int number, Dwarf_Op*& ops, std::size_t& count) {
    static Dwarf_Op memory[3];
    return ::dwarf_frame_register(frame, number, memory, &ops, &count) == 0;
  };
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  bool simple = places(16, ops, count) && count == 2 && ops[0].atom == DW_OP_call_frame_cfa &&
                ops[1].atom == DW_OP_plus_uconst && static_cast<std::int64_t>(ops[1].number) == -8;
  SavedRbp rbp = SavedRbp::lost;
  std::int32_t rbp_offset = 0;
  simple = simple && places(6, ops, count);
  if (count == 0 && ops == nullptr) {
    rbp = SavedRbp::kept;
  } else if (count == 2 && ops[0].atom == DW_OP_call_frame_cfa) {
    rbp = SavedRbp::at_cfa;
    rbp_offset = static_cast<std::int32_t>(ops[1].number);
  } else {
    simple = false;
  }
  simple = simple && ::dwarf_frame_cfa(frame, &ops, &count) == 0 && count == 1 &&
           ops[0].atom == DW_OP_bregx && (ops[0].number == 6 || ops[0].number == 7);
  if (simple)
    rule = {ops[0].number == 7 ? FrameEnd::from_rsp : FrameEnd::from_rbp,
            static_cast<std::int32_t>(ops[0].number2), rbp, rbp_offset};
  std::free(frame);
  return simple;
}

TEST(LibcFramesTest, AgreesWithElfutilsAllOverLibc) {
  const LibcTables libc = libc_tables();
  const int file = ::open(libc.object.name, O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  ::elf_version(EV_CURRENT);
  Elf* elf = ::elf_begin(file, ELF_C_READ_MMAP, nullptr);
  Dwarf_CFI* cfi = ::dwarf_getcfi_elf(elf);
  ASSERT_NE(cfi, nullptr);
  unsigned agreed = 0, beyond = 0;
  for (Address pc = libc.text.begin; pc < libc.text.end; pc += 3) {
    const UnwindRule ours = read_rule(libc.object.frame_table, libc.readable, pc);
    UnwindRule theirs;
    if (elfutils_rule(cfi, pc - libc.object.bias, theirs)) {
      ++agreed;
      ASSERT_EQ(ours, theirs) << std::hex << pc - libc.object.bias;
    } else {
      ++beyond;
      ASSERT_TRUE(ours.end() != FrameEnd::from_rbp || ours.rbp() != SavedRbp::at_cfa)
          << "a plain rule elfutils does not have: " << std::hex << pc - libc.object.bias;
    }
  }
  EXPECT_GT(agreed, 200000u);
  EXPECT_GT(agreed, 20 * beyond);
  ::dwarf_cfi_end(cfi);
  ::elf_end(elf);
  ::close(file);
}

/// A copy of the tables between two inaccessible pages, at its front or its end.
class FencedCopy {
 public:
  enum Where { kAtFront, kAtEnd, kAlike };

  FencedCopy(const LibcTables& libc, Where where) {
    const std::size_t bytes = libc.readable.end - libc.object.frame_table;
    const std::size_t rounded = (bytes + 16 + 4095) / 4096 * 4096;
    mapped_bytes_ = rounded + 8192;
    mapped_ = static_cast<std::uint8_t*>(
        ::mmap(nullptr, mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(mapped_ + 4096, rounded, PROT_READ | PROT_WRITE);
    data = mapped_ + 4096;
    if (where == kAtEnd) data += rounded - bytes;
    // Rules of PLT entries depend on the lowest bits of an address.
    if (where == kAlike) data += libc.object.frame_table % 16;
    std::memcpy(data, reinterpret_cast<const void*>(libc.object.frame_table), bytes);
    range = {reinterpret_cast<Address>(data), reinterpret_cast<Address>(data) + bytes};
    moved = range.begin - libc.object.frame_table;
  }
  ~FencedCopy() { ::munmap(mapped_, mapped_bytes_); }

  UnwindRule rule(Address pc) const { return read_rule(range.begin, range, pc + moved); }

  std::uint8_t* data;
  ByteRange range;
  Address moved;

 private:
  std::uint8_t* mapped_;
  std::size_t mapped_bytes_;
};

TEST(LibcFramesTest, ACopyReadsTheSame) {
  const LibcTables libc = libc_tables();
  const FencedCopy copy(libc, FencedCopy::kAlike);
  unsigned known = 0;
  for (Address pc = libc.text.begin; pc < libc.text.end; pc += 37) {
    const UnwindRule rule = copy.rule(pc);
    known += rule != UnwindRule();
    ASSERT_EQ(rule, read_rule(libc.object.frame_table, libc.readable, pc));
  }
  EXPECT_GT(known, 10000u);
}

TEST(LibcFramesTest, WrongBytesNeverLeadAstray) {
  const LibcTables libc = libc_tables();
  std::mt19937_64 random(20240);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  unsigned changed = 0;
  for (const FencedCopy::Where where : {FencedCopy::kAtFront, FencedCopy::kAtEnd}) {
    FencedCopy copy(libc, where);
    const std::size_t bytes = copy.range.end - copy.range.begin;
    const Bytes whole(copy.data, copy.data + bytes);
    for (int round = 0; round < 100000; ++round) {
      const Address pc = libc.text.begin + below(libc.text.end - libc.text.begin);
      const UnwindRule right = copy.rule(pc);
      // Near the beginning, where the header is, near an entry, or anywhere.
      std::size_t around = below(bytes);
      if (round % 3 == 0) around = below(64);
      if (round % 3 == 1) {
        std::int32_t entry;
        const std::size_t count = 3 * sizeof entry, entries = (bytes / 8 - count) / 4;
        std::memcpy(&entry, copy.data + count + below(entries / 8 + 1) * 8 + 4, sizeof entry);
        if (entry > 0 && static_cast<std::size_t>(entry) < bytes)
          around = static_cast<std::size_t>(entry);
      }
      std::vector<std::size_t> places;
      for (std::uint64_t i = below(6) + 1; i > 0; --i) {
        const std::size_t at = std::min(around + below(32), bytes - 1);
        static constexpr std::uint8_t kNasty[] = {0, 0xff, 0x80, 0x7f, 0x0a, 0x0b, 0x0f, 0x10};
        copy.data[at] = below(2) ? kNasty[below(8)] : static_cast<std::uint8_t>(random());
        places.push_back(at);
      }
      changed += copy.rule(pc) != right;
      copy.rule(pc + below(4096));
      for (const std::size_t at : places) copy.data[at] = whole[at];
      if (round % 1000 == 0) {
        ASSERT_EQ(copy.rule(pc), right) << "put back";
      }
    }
  }
  EXPECT_GT(changed, 1000u) << "the bytes matter";
}

}  // namespace
}  // namespace arenite
