// SPDX-License-Identifier: MIT
// Programs for RapidCheck, and how a property runs them: the program is in a file before it runs,
// and a counterexample is saved as it shrinks.
#pragma once

#include <rapidcheck.h>

#include <string>

#include "proptests/model/fields.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/op_table.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/size_code.hpp"
#include "proptests/model/text.hpp"
#include "proptests/properties/crash_file.hpp"

namespace arenite::model {

/// What RapidCheck prints of a counterexample.
inline void showValue(const Program& program, std::ostream& out) {
  out << "\n" << to_text(program);
}

/// Sizes that shrink to tiny:0. Boundaries of classes most of the time.
inline rc::Gen<std::uint32_t> size_codes() {
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::weightedElement<SizeWay>({{3, SizeWay::tiny},
                                             {1, SizeWay::uniform},
                                             {9, SizeWay::boundary},
                                             {3, SizeWay::large}}),
          rc::gen::weightedElement<SizeUnit>({{8, SizeUnit::pages},
                                              {8, SizeUnit::pools},
                                              {1, SizeUnit::arenas},
                                              {1, SizeUnit::huge}}),
          rc::gen::weightedOneOf<std::uint32_t>({{3, rc::gen::inRange<std::uint32_t>(0, 16)},
                                                 {3, rc::gen::inRange<std::uint32_t>(0, 0x80)},
                                                 {1, rc::gen::inRange<std::uint32_t>(0, 0x10000)}}),
          rc::gen::element(0, 1, -1, 2, -2, 3, -3)),
      [](const std::tuple<SizeWay, SizeUnit, std::uint32_t, int>& parts) {
        const auto [way, unit, number, delta] = parts;
        const bool wide = way == SizeWay::uniform;
        const std::uint32_t most = wide ? 0xfffff : way == SizeWay::large ? 0xff : 0x7f;
        return SizeCode{.way = way, .unit = unit, .number = number & most, .delta = delta}.encode();
      });
}

/// `kinds`: those of a heap, or of a guarded heap, too.
inline rc::Gen<Operation> operations(Kinds kinds) {
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::noShrink(rc::gen::inRange<unsigned>(
              0, kinds == Kinds::of_heaps ? kFirstDebugOp : kFirstReservedOp)),
          rc::gen::weightedOneOf<std::uint16_t>({{3, rc::gen::inRange<std::uint16_t>(0, 8)},
                                                 {1, rc::gen::inRange<std::uint16_t>(0, 512)}}),
          rc::gen::resize(255, rc::gen::inRange<std::uint16_t>(0, 256)),
          rc::gen::weightedOneOf<std::uint32_t>({{2, rc::gen::inRange<std::uint32_t>(0, 8)},
                                                 {1, rc::gen::arbitrary<std::uint32_t>()}}),
          size_codes()),
      [](const std::tuple<unsigned, std::uint16_t, std::uint16_t, std::uint32_t, std::uint32_t>&
             parts) {
        const auto [byte, slot, flags, arg, size] = parts;
        Operation operation{kKindOfByte[byte], static_cast<std::uint8_t>(flags), slot, arg};
        for (const Field& field : fields_of(operation.kind))
          if (field.writing == Writing::size) operation.arg = size;
        return operation;
      });
}

inline rc::Gen<Configuration> configurations(GeometryName geometry) {
  const auto refusal = rc::gen::weightedOneOf<std::uint16_t>(
      {{7, rc::gen::just(std::uint16_t{0})}, {1, rc::gen::inRange<std::uint16_t>(1, 32)}});
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange<std::uint8_t>(1, 5), rc::gen::inRange<std::uint8_t>(1, 5),
                     rc::gen::weightedElement<bool>({{7, false}, {1, true}}),
                     rc::gen::inRange<std::uint8_t>(0, 4), refusal,
                     rc::gen::inRange<std::uint16_t>(1, 9)),
      [geometry](const std::tuple<std::uint8_t, std::uint8_t, bool, std::uint8_t, std::uint16_t,
                                  std::uint16_t>& parts) {
        const auto [arenas, threads, diverted, slots, first, count] = parts;
        return Configuration{geometry,
                             arenas,
                             threads,
                             diverted,
                             slots,
                             first,
                             first == 0 ? std::uint16_t{0} : count};
      });
}

inline rc::Gen<Program> programs(GeometryName geometry, Kinds kinds = Kinds::of_heaps) {
  return rc::gen::map(rc::gen::pair(configurations(geometry),
                                    rc::gen::container<std::vector<Operation>>(operations(kinds))),
                      [](const std::pair<Configuration, std::vector<Operation>>& parts) {
                        Program program{parts.first, parts.second};
                        for (Operation& operation : program.operations)
                          operation = canonical(operation, program.configuration.slots());
                        return program;
                      });
}

/// Fails the case if `run(program)` diverges. `property`: the name of its files.
template <class Run>
void holds(const char* property, const Program& program, Run run) {
  const std::string name = std::string(property) + "." +
                           kGeometryNames[static_cast<unsigned>(program.configuration.geometry)];
  // One file for all cases: it is made anew for each, and removed only when the case is over.
  properties::CrashFile crash(name);
  crash.write(program);
  const Outcome outcome = run(program);
  if (!outcome.diverged()) return;
  // Each smaller counterexample replaces the one before; the last is the smallest.
  const std::string path = properties::counterexample_folder() + "/" + name + ".hop";
  RC_ASSERT(save(path, program));
  RC_FAIL(to_text(*outcome.divergence, program) + "\nsaved as " + path);
}

}  // namespace arenite::model
