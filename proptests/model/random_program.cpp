// SPDX-License-Identifier: MIT
#include "proptests/model/random_program.hpp"

#include <algorithm>

#include "proptests/model/fields.hpp"
#include "proptests/model/op_table.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::model {
namespace {

/// Alignments as they are asked for: up to a page mostly.
std::uint32_t random_alignment(Random& random) {
  return random.one_in(8) ? random.below(32) : random.below(14);
}

/// Which slots hold a block, as far as that can be told without running the program.
class Likely {
 public:
  explicit Likely(std::uint32_t slots) : live_(slots) {}

  /// Moves an operation that wants a block to a slot that has one, one that wants none to one that
  /// has none, mostly.
  void settle(Operation& operation, Random& random) {
    const bool allocates = operation.kind == Kind::allocate ||
                           operation.kind == Kind::allocate_zeroed ||
                           operation.kind == Kind::allocate_aligned;
    if (!random.one_in(8))
      for (std::size_t looks = 0; looks < live_.size() && live_[operation.slot] == allocates;
           ++looks)
        operation.slot = static_cast<std::uint16_t>((operation.slot + 1u) % live_.size());
    note(operation, allocates);
  }

 private:
  void note(const Operation& operation, bool allocates) {
    const bool frees = operation.kind == Kind::free || operation.kind == Kind::remote_free ||
                       operation.kind == Kind::double_free;
    if (allocates || frees) live_[operation.slot] = allocates;
    const bool batch_frees = operation.kind == Kind::batch_free;
    if (batch_frees || operation.kind == Kind::batch_allocate) {
      const std::size_t end =
          std::min<std::size_t>(live_.size(), operation.slot + get(operation, field::count));
      for (std::size_t slot = operation.slot; slot < end; ++slot) live_[slot] = !batch_frees;
    }
    if (operation.kind == Kind::reopen) live_.assign(live_.size(), false);
  }

  std::vector<bool> live_;
};

}  // namespace

std::uint32_t random_size(Random& random) {
  const auto bits = static_cast<std::uint32_t>(random.next());
  SizeCode code;
  code.delta = static_cast<int>(random.below(7)) - 3;
  const std::uint32_t choice = random.below(16);
  if (choice < 9) {
    code.way = SizeWay::boundary;
    code.number = bits & 0x7f;
  } else if (choice < 12) {
    code.way = SizeWay::tiny;
    code.number = bits & 0x7f;
  } else if (choice < 13) {
    code.way = SizeWay::uniform;
    code.number = bits & 0xfffff;
  } else {
    code.way = SizeWay::large;
    code.unit = static_cast<SizeUnit>(random.one_in(8) ? random.below(4) : random.below(2));
    code.number = random.one_in(4) ? bits & 0xff : bits & 0x0f;
  }
  return code.encode();
}

namespace {

Kind random_kind(Random& random, Kinds kinds) {
  for (;;) {
    const Kind kind =
        kKindOfByte[random.below(kinds == Kinds::of_heaps ? kFirstDebugOp : kFirstReservedOp)];
    if (kinds != Kinds::of_guarded_heaps || kind != Kind::corrupt) return kind;
  }
}

}  // namespace

Operation random_operation(Random& random, std::uint32_t slots, Kinds kinds) {
  Operation operation;
  operation.kind = random_kind(random, kinds);
  operation.slot = static_cast<std::uint16_t>(random.below(slots));
  operation.flags = static_cast<std::uint8_t>(random.next());
  operation.arg = static_cast<std::uint32_t>(random.next());
  for (const Field& field : fields_of(operation.kind)) {
    if (field.writing == Writing::size) operation.arg = random_size(random);
    if (field.writing == Writing::power) set(operation, field, random_alignment(random));
  }
  // The first addresses that are not the heap's are the ones to be wrong about.
  if (operation.kind == Kind::free_foreign && random.one_in(2))
    set(operation, field::distance, random.below(3));
  // Refusals that are still to come after the program's end refuse nothing.
  if (operation.kind == Kind::fail_os) {
    set(operation, field::after, random.below(4));
    set(operation, field::refusals, 1 + random.below(12));
  }
  return canonical(operation, slots);
}

Program random_program(Random& random, GeometryName geometry, std::size_t operations, Kinds kinds) {
  Program program;
  Configuration& configuration = program.configuration;
  configuration.geometry = geometry;
  configuration.arenas = static_cast<std::uint8_t>(1 + random.below(4));
  configuration.threads = static_cast<std::uint8_t>(1 + random.below(4));
  configuration.diverted = random.one_in(8);
  configuration.slot_code = static_cast<std::uint8_t>(random.below(4));
  if (random.one_in(16)) {
    configuration.first_refusal = static_cast<std::uint16_t>(1 + random.below(24));
    configuration.refusals = static_cast<std::uint16_t>(1 + random.below(8));
  }
  if (kinds != Kinds::of_heaps) {
    configuration.quarantine_code = static_cast<std::uint8_t>(random.below(9));
    configuration.guard_code = static_cast<std::uint8_t>(random.one_in(2) ? random.below(4) : 0);
    configuration.keyed = random.one_in(4);
    configuration.unfilled = random.one_in(8);
  }
  Likely likely(configuration.slots());
  for (std::size_t i = 0; i < operations; ++i) {
    Operation operation = random_operation(random, configuration.slots(), kinds);
    const auto fields = fields_of(operation.kind);
    if (!fields.empty() && fields.front().part == Part::slot) likely.settle(operation, random);
    program.operations.push_back(operation);
  }
  return program;
}

}  // namespace arenite::model
