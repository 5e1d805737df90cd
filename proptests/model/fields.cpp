// SPDX-License-Identifier: MIT
#include "proptests/model/fields.hpp"

#include <array>

#include "proptests/model/size_code.hpp"

namespace arenite::model {
namespace {

struct KindFacts {
  const char* name;
  std::span<const Field> fields;
};

constexpr Field kSlotSize[] = {field::slot, field::size};
constexpr Field kSlotSizeAlignment[] = {field::slot, field::size, field::alignment};
constexpr Field kSlot[] = {field::slot};
constexpr Field kSlotThread[] = {field::slot, field::thread};
constexpr Field kBatchAllocate[] = {field::slot, field::count, field::size};
constexpr Field kBatchFree[] = {field::slot, field::count, field::skip, field::backward};
constexpr Field kThread[] = {field::thread};
constexpr Field kAttach[] = {field::thread, field::diverted};
constexpr Field kFailOs[] = {field::after, field::refusals};
constexpr Field kInterior[] = {field::slot, field::via, field::offset};
constexpr Field kForeign[] = {field::via, field::place, field::distance};
constexpr Field kWild[] = {field::slot, field::via, field::tail, field::distance};
constexpr Field kCorrupt[] = {field::table, field::damage, field::offset, field::value};
constexpr Field kWriteBeyond[] = {field::slot, field::before, field::offset};
constexpr Field kWriteFreed[] = {field::slot, field::offset};
constexpr Field kFreeWrongly[] = {field::slot, field::wrong};

// In the order of Kind.
constexpr std::array<KindFacts, kKinds> kFacts{{
    {"nothing", {}},
    {"allocate", kSlotSize},
    {"allocate_zeroed", kSlotSize},
    {"allocate_aligned", kSlotSizeAlignment},
    {"reallocate", kSlotSize},
    {"free", kSlot},
    {"remote_free", kSlotThread},
    {"batch_allocate", kBatchAllocate},
    {"batch_free", kBatchFree},
    {"switch_thread", kThread},
    {"attach", kAttach},
    {"detach", kThread},
    {"hand_back", {}},
    {"trim", {}},
    {"fail_os", kFailOs},
    {"reopen", {}},
    {"rewrite", kSlot},
    {"check_all", {}},
    {"audit", {}},
    {"free_interior", kInterior},
    {"double_free", kSlot},
    {"free_foreign", kForeign},
    {"free_wild", kWild},
    {"double_free_late", kSlot},
    {"free_null", {}},
    {"corrupt", kCorrupt},
    {"write_beyond", kWriteBeyond},
    {"write_freed", kWriteFreed},
    {"free_wrongly", kFreeWrongly},
}};

const KindFacts& facts_of(Kind kind) {
  return kFacts[static_cast<std::size_t>(kind)];
}

std::uint32_t mask(const Field& field) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << field.bits) - 1);
}

std::uint32_t canonical_number(const Field& field, std::uint32_t number, std::uint32_t slots) {
  if (field.part == Part::slot) return number & (slots - 1);
  if (field.writing == Writing::size) return canonical_size(number);
  // Bits that name nothing mean the first name.
  if (field.writing == Writing::names && number >= field.names.size()) return 0;
  return number;
}

}  // namespace

const char* name_of(Kind kind) {
  return facts_of(kind).name;
}

std::span<const Field> fields_of(Kind kind) {
  return facts_of(kind).fields;
}

std::uint32_t get(const Operation& operation, const Field& field) {
  const std::uint32_t part = field.part == Part::flags  ? operation.flags
                             : field.part == Part::slot ? operation.slot
                                                        : operation.arg;
  return part >> field.shift & mask(field);
}

void set(Operation& operation, const Field& field, std::uint32_t number) {
  const std::uint32_t kept = ~(mask(field) << field.shift);
  const std::uint32_t bits = (number & mask(field)) << field.shift;
  switch (field.part) {
    case Part::flags:
      operation.flags = static_cast<std::uint8_t>((operation.flags & kept) | bits);
      break;
    case Part::slot:
      operation.slot = static_cast<std::uint16_t>((operation.slot & kept) | bits);
      break;
    case Part::arg:
      operation.arg = (operation.arg & kept) | bits;
      break;
  }
}

Operation canonical(const Operation& operation, std::uint32_t slots) {
  Operation result{.kind = operation.kind};
  for (const Field& field : fields_of(operation.kind))
    set(result, field, canonical_number(field, get(operation, field), slots));
  return result;
}

}  // namespace arenite::model
