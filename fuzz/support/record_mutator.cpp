// SPDX-License-Identifier: MIT
#include "fuzz/support/record_mutator.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "proptests/model/fields.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::fuzz {
namespace {

using model::Field;
using model::Operation;
using model::Program;
using model::Random;

class Mutator {
 public:
  Mutator(Program& program, std::size_t most, model::Kinds kinds, Random& random)
      : program_(program),
        operations_(program.operations),
        most_(most),
        kinds_(kinds),
        random_(random) {}

  void change_something() {
    switch (random_.below(operations_.empty() ? 2 : 12)) {
      case 0:
        return change_configuration();
      case 1:
      case 2:
      case 3:
        return insert_fresh();
      case 4:
        return erase_run();
      case 5:
        return copy_run();
      case 6:
        one() = fresh();
        return;
      case 7:
      case 8:
        return change_field(one());
      case 9:
        return change_size(one());
      case 10:
        return share_slot();
      default:
        return move_run();
    }
  }

 private:
  std::uint32_t slots() const { return program_.configuration.slots(); }
  std::uint32_t count() const { return static_cast<std::uint32_t>(operations_.size()); }
  std::ptrdiff_t anywhere() { return random_.below(count() + 1); }
  Operation& one() { return operations_[random_.below(count())]; }
  Operation fresh() { return model::random_operation(random_, slots(), kinds_); }

  void insert(std::ptrdiff_t at, const std::vector<Operation>& run) {
    operations_.insert(operations_.begin() + at, run.begin(), run.end());
    if (operations_.size() > most_) operations_.resize(most_);
  }

  void insert_fresh() {
    std::vector<Operation> run(1 + random_.below(4));
    for (Operation& operation : run) operation = fresh();
    // Operations that follow each other are about the same block more often than chance has it.
    if (random_.one_in(2))
      for (Operation& operation : run) operation.slot = run.front().slot;
    for (Operation& operation : run) operation = model::canonical(operation, slots());
    insert(anywhere(), run);
  }

  /// A stretch of operations: where it begins and how long it is.
  struct Run {
    std::ptrdiff_t first;
    std::ptrdiff_t length;
  };
  Run some_run() {
    const std::uint32_t first = random_.below(count());
    const std::uint32_t longest = std::min(count() - first, random_.one_in(4) ? 64u : 8u);
    return {first, 1 + random_.below(longest)};
  }

  std::vector<Operation> copy_of(Run run) const {
    const auto begin = operations_.begin() + run.first;
    return {begin, begin + run.length};
  }

  void erase(Run run) {
    const auto begin = operations_.begin() + run.first;
    operations_.erase(begin, begin + run.length);
  }

  void erase_run() { erase(some_run()); }
  void copy_run() { insert(anywhere(), copy_of(some_run())); }
  void move_run() {
    const Run run = some_run();
    const std::vector<Operation> moved = copy_of(run);
    erase(run);
    insert(anywhere(), moved);
  }

  void change_field(Operation& operation) {
    const auto fields = model::fields_of(operation.kind);
    if (fields.empty()) return;
    const Field& field = fields[random_.below(static_cast<std::uint32_t>(fields.size()))];
    if (field.writing == model::Writing::size) return change_size(operation);
    const std::uint32_t number = model::get(operation, field);
    const std::uint32_t choices[] = {number + 1, number - 1, number ^ 1u << random_.below(24),
                                     static_cast<std::uint32_t>(random_.next()), 0};
    model::set(operation, field, choices[random_.below(5)]);
    operation = model::canonical(operation, slots());
  }

  void change_size(Operation& operation) {
    for (const Field& field : model::fields_of(operation.kind)) {
      if (field.writing != model::Writing::size) continue;
      model::SizeCode code = model::SizeCode::decode(operation.arg);
      if (random_.one_in(3))
        operation.arg = model::random_size(random_);
      else if (code.way == model::SizeWay::boundary && random_.one_in(2)) {
        code.delta = static_cast<int>(random_.below(7)) - 3;
        operation.arg = code.encode();
      } else {
        operation.arg = model::canonical_size(operation.arg + (random_.one_in(2) ? 1 : ~0u));
      }
    }
  }

  void share_slot() { one().slot = one().slot; }

  void change_configuration() {
    const Program other =
        model::random_program(random_, program_.configuration.geometry, 0, kinds_);
    model::Configuration& configuration = program_.configuration;
    switch (random_.below(kinds_ == model::Kinds::of_heaps ? 7 : 9)) {
      case 0:
        configuration.geometry = static_cast<model::GeometryName>(
            random_.one_in(2) ? 0 : random_.below(std::size(model::kGeometryNames)));
        break;
      case 1:
        configuration.arenas = other.configuration.arenas;
        break;
      case 2:
        configuration.threads = other.configuration.threads;
        break;
      case 3:
        configuration.diverted = !configuration.diverted;
        break;
      case 4:
        configuration.slot_code = other.configuration.slot_code;
        break;
      case 5:
        configuration.schedule_seed =
            static_cast<std::uint16_t>(random_.below(model::kMostScheduleSeed + 1));
        break;
      case 7:
        configuration.quarantine_code = other.configuration.quarantine_code;
        break;
      case 8:
        configuration.guard_code = other.configuration.guard_code;
        configuration.keyed = other.configuration.keyed;
        configuration.unfilled = other.configuration.unfilled;
        break;
      default:
        configuration.first_refusal = static_cast<std::uint16_t>(random_.below(32));
        configuration.refusals = static_cast<std::uint16_t>(random_.below(16));
    }
    // What the new number of slots leaves no room for.
    for (Operation& operation : operations_) operation = model::canonical(operation, slots());
  }

  Program& program_;
  std::vector<Operation>& operations_;
  std::size_t most_;
  model::Kinds kinds_;
  Random& random_;
};

std::size_t write_body(const Program& program, std::uint8_t* out, std::size_t max_size) {
  const std::vector<std::uint8_t> body = model::encode(program);
  const std::size_t size = std::min(body.size(), max_size);
  std::memcpy(out, body.data(), size);
  return size;
}

/// Seeds and regressions may be in containers; what is mutated is not.
Program read_body(const std::uint8_t* data, std::size_t size) {
  return model::unpack(std::span(data, size)).program;
}

}  // namespace

std::size_t mutate_records(std::uint8_t* data, std::size_t size, std::size_t max_size,
                           unsigned seed, model::Kinds kinds) {
  Program program = read_body(data, size);
  Random random(seed);
  const std::size_t most = max_size / model::kRecordBytes;
  Mutator mutator(program, most > 1 ? most - 1 : 0, kinds, random);
  for (unsigned changes = 1 + random.below(3); changes > 0; --changes) mutator.change_something();
  return write_body(program, data, max_size);
}

std::size_t cross_records(const std::uint8_t* first, std::size_t first_size,
                          const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                          std::size_t max_size, unsigned seed) {
  Program program = read_body(first, first_size);
  const Program other = read_body(second, second_size);
  Random random(seed);
  const auto cut = [&random](const Program& from) {
    return static_cast<std::ptrdiff_t>(
        random.below(static_cast<std::uint32_t>(from.operations.size()) + 1));
  };
  auto& operations = program.operations;
  operations.erase(operations.begin() + cut(program), operations.end());
  operations.insert(operations.end(), other.operations.begin() + cut(other),
                    other.operations.end());
  for (Operation& operation : operations)
    operation = model::canonical(operation, program.configuration.slots());
  return write_body(program, out, max_size);
}

}  // namespace arenite::fuzz
