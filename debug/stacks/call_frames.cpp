// SPDX-License-Identifier: MIT
#include "debug/stacks/call_frames.hpp"

#include "debug/stacks/byte_reader.hpp"
#include "debug/stacks/frame_program.hpp"

namespace arenite {
namespace {

/// Of the binary search table: both addresses relative to the header.
struct TableEntry {
  std::int32_t code;
  std::int32_t entry;
};

constexpr std::uint8_t kTableEncoding = PointerEncoding::kDataRelative | PointerEncoding::kSigned4;

TableEntry table_entry(Address table, std::uint64_t index) {
  TableEntry entry;
  std::memcpy(&entry, reinterpret_cast<const void*>(table + index * sizeof entry), sizeof entry);
  return entry;
}

Address relative(Address header, std::int32_t distance) {
  return header + static_cast<Address>(std::int64_t{distance});
}

/// The entry of the last function that begins at or before `pc`, or 0.
Address function_entry(Address header, ByteRange readable, Address pc) {
  if (!readable.holds(header)) return 0;
  ByteReader reader(header, readable.end);
  const auto version = reader.take<std::uint8_t>();
  const auto frames_encoding = reader.take<std::uint8_t>();
  const auto count_encoding = reader.take<std::uint8_t>();
  const auto table_encoding = reader.take<std::uint8_t>();
  if (version != 1 || table_encoding != kTableEncoding ||
      count_encoding == PointerEncoding::kOmitted)
    return 0;
  reader.take_pointer(frames_encoding, header);
  const std::uint64_t count = reader.take_pointer(count_encoding, header);
  if (!reader.good() || count == 0 || count > (reader.end() - reader.at()) / sizeof(TableEntry))
    return 0;
  const Address table = reader.at();
  std::uint64_t first = 0, behind = count;
  while (behind - first > 1) {
    const std::uint64_t middle = first + (behind - first) / 2;
    if (relative(header, table_entry(table, middle).code) <= pc)
      first = middle;
    else
      behind = middle;
  }
  const TableEntry found = table_entry(table, first);
  return relative(header, found.code) <= pc ? relative(header, found.entry) : 0;
}

/// One entry of .eh_frame from behind its length; nothing if it does not lie within `readable`.
ByteReader entry_at(Address at, ByteRange readable) {
  if (!readable.holds(at)) return {};
  ByteReader reader(at, readable.end);
  // Longer ones than 4 GiB, which an all-ones length announces, have no room either.
  return reader.take_part(reader.take<std::uint32_t>());
}

bool read_augmentation(ByteReader data, Address letters, FrameProgram& program) {
  for (;; ++letters) {
    switch (*reinterpret_cast<const char*>(letters)) {
      case '\0':
        return data.good();
      case 'z':
        break;
      case 'R':
        program.encoding = data.take<std::uint8_t>();
        break;
      case 'L':
        data.take<std::uint8_t>();
        break;
      case 'P':
        data.take_formatted(data.take<std::uint8_t>());
        break;
      case 'S':
        program.signal_frame = true;
        break;
      default:
        return false;
    }
  }
}

/// What the functions' common entry (CIE) says. `augmented`: each function's entry has data of the
/// augmentation, too.
bool read_common(ByteReader reader, FrameProgram& program, bool& augmented) {
  if (reader.take<std::uint32_t>() != 0) return false;
  const auto version = reader.take<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  const Address letters = reader.at();
  augmented = reader.take<char>() == 'z';
  if (!augmented && reader.at() - letters == 1 && *reinterpret_cast<const char*>(letters) != '\0')
    return false;
  if (augmented)
    while (reader.good() && reader.take<char>() != '\0') {
    }
  program.code_alignment = reader.take_uleb();
  program.data_alignment = reader.take_sleb();
  program.return_register = version == 1 ? reader.take<std::uint8_t>() : reader.take_uleb();
  if (augmented) {
    const ByteReader data = reader.take_part(reader.take_uleb());
    if (!reader.good() || !read_augmentation(data, letters, program)) return false;
  }
  program.common = reader;
  return reader.good();
}

}  // namespace

UnwindRule read_rule(Address header, ByteRange readable, Address pc) {
  const Address entry = function_entry(header, readable, pc);
  if (entry == 0) return {};
  ByteReader reader = entry_at(entry, readable);
  const Address field = reader.at();
  const Address common = field - reader.take<std::uint32_t>();
  if (!reader.good() || common == field) return {};
  FrameProgram program;
  bool augmented = false;
  if (!read_common(entry_at(common, readable), program, augmented)) return {};
  program.begin = reader.take_pointer(program.encoding, header);
  const std::uint64_t bytes = reader.take_formatted(program.encoding & 0x0f);
  if (augmented) reader.skip(reader.take_uleb());
  if (!reader.good()) return {};
  // Between functions there is code that has no caller: where coroutines and threads begin.
  if (pc < program.begin || pc - program.begin >= bytes) return UnwindRule(FrameEnd::outermost);
  program.function = reader;
  return carry_out(program, pc);
}

}  // namespace arenite
