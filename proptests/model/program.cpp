// SPDX-License-Identifier: MIT
#include "proptests/model/program.hpp"

#include "proptests/model/fields.hpp"
#include "proptests/model/op_table.hpp"

namespace arenite::model {
namespace {

struct Record {
  std::uint8_t op;
  std::uint8_t flags;
  std::uint16_t slot;
  std::uint32_t arg;
};

Record read_record(const std::uint8_t* bytes) {
  return {bytes[0], bytes[1], static_cast<std::uint16_t>(bytes[2] | bytes[3] << 8),
          static_cast<std::uint32_t>(bytes[4]) | static_cast<std::uint32_t>(bytes[5]) << 8 |
              static_cast<std::uint32_t>(bytes[6]) << 16 |
              static_cast<std::uint32_t>(bytes[7]) << 24};
}

void write_record(const Record& record, std::vector<std::uint8_t>& bytes) {
  bytes.push_back(record.op);
  bytes.push_back(record.flags);
  for (unsigned shift = 0; shift < 16; shift += 8)
    bytes.push_back(static_cast<std::uint8_t>(record.slot >> shift));
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<std::uint8_t>(record.arg >> shift));
}

Configuration decode_configuration(const Record& record) {
  Configuration configuration;
  const unsigned geometry = record.op & 7u;
  configuration.geometry = static_cast<GeometryName>(geometry < 6 ? 0 : geometry - 5);
  configuration.arenas = static_cast<std::uint8_t>((record.op >> 3 & 3) + 1);
  configuration.threads = static_cast<std::uint8_t>((record.flags & 3) + 1);
  configuration.diverted = (record.flags & 0x80) != 0;
  configuration.slot_code = record.slot & 3;
  configuration.first_refusal = static_cast<std::uint16_t>(record.arg);
  configuration.refusals = static_cast<std::uint16_t>(record.arg >> 16);
  configuration.quarantine_code = record.slot >> 8 & 15;
  configuration.guard_code = record.slot >> 12 & 3;
  configuration.keyed = (record.slot >> 14 & 1) != 0;
  configuration.unfilled = (record.slot >> 15 & 1) != 0;
  configuration.schedule_seed =
      static_cast<std::uint16_t>((record.flags >> 2 & 31) | (record.slot >> 2 & 63) << 5);
  return configuration;
}

Record encode_configuration(const Configuration& configuration) {
  const unsigned geometry = static_cast<unsigned>(configuration.geometry);
  const unsigned arenas = configuration.arenas - 1u, threads = configuration.threads - 1u;
  return {.op = static_cast<std::uint8_t>((geometry == 0 ? 0 : geometry + 5) | arenas << 3),
          .flags = static_cast<std::uint8_t>(threads | (configuration.schedule_seed & 31u) << 2 |
                                             (configuration.diverted ? 0x80 : 0)),
          .slot = static_cast<std::uint16_t>(
              configuration.slot_code | (configuration.schedule_seed >> 5) << 2 |
              configuration.quarantine_code << 8 | configuration.guard_code << 12 |
              configuration.keyed << 14 | configuration.unfilled << 15),
          .arg = configuration.first_refusal | std::uint32_t{configuration.refusals} << 16};
}

}  // namespace

Program decode(std::span<const std::uint8_t> body) {
  Program program;
  if (body.size() < kRecordBytes) return program;
  program.configuration = decode_configuration(read_record(body.data()));
  program.operations.reserve(body.size() / kRecordBytes - 1);
  for (std::size_t at = kRecordBytes; at + kRecordBytes <= body.size(); at += kRecordBytes) {
    const Record record = read_record(body.data() + at);
    const Operation operation{kKindOfByte[record.op], record.flags, record.slot, record.arg};
    program.operations.push_back(canonical(operation, program.configuration.slots()));
  }
  return program;
}

std::vector<std::uint8_t> encode(const Program& program) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve((program.operations.size() + 1) * kRecordBytes);
  write_record(encode_configuration(program.configuration), bytes);
  for (const Operation& operation : program.operations)
    write_record({kByteOfKind[static_cast<std::size_t>(operation.kind)], operation.flags,
                  operation.slot, operation.arg},
                 bytes);
  return bytes;
}

}  // namespace arenite::model
