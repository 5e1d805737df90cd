// SPDX-License-Identifier: MIT
// The heap does what the reference model does, for programs of any operations, over three
// geometries; properties P1 to P6, P9, P10, P19, P23 and P24 of proptests/README.md. A
// counterexample is shrunk and left as a `.hop` file; one that kills the process is left as it was.
//
// RC_PARAMS overrides the number of cases and the seed, which is fixed so that a build that passed
// passes again; see proptests/README.md.
#include <rapidcheck.h>

#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proptests/model/fields.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/op_table.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/size_code.hpp"
#include "proptests/model/text.hpp"
#include "proptests/properties/crash_file.hpp"

namespace arenite::model {

/// What RapidCheck prints of a counterexample.
void showValue(const Program& program, std::ostream& out) {
  out << "\n" << to_text(program);
}

namespace {

namespace gen = rc::gen;

constexpr unsigned kAuditEvery = 8;

[[maybe_unused]] const int kParametersSet = ::setenv("RC_PARAMS", "max_success=2000 seed=1", 0);

/// Sizes that shrink to tiny:0. Boundaries of classes most of the time.
rc::Gen<std::uint32_t> size_codes() {
  return gen::map(
      gen::tuple(gen::weightedElement<SizeWay>({{3, SizeWay::tiny},
                                                {1, SizeWay::uniform},
                                                {9, SizeWay::boundary},
                                                {3, SizeWay::large}}),
                 gen::weightedElement<SizeUnit>({{8, SizeUnit::pages},
                                                 {8, SizeUnit::pools},
                                                 {1, SizeUnit::arenas},
                                                 {1, SizeUnit::huge}}),
                 gen::weightedOneOf<std::uint32_t>({{3, gen::inRange<std::uint32_t>(0, 16)},
                                                    {3, gen::inRange<std::uint32_t>(0, 0x80)},
                                                    {1, gen::inRange<std::uint32_t>(0, 0x10000)}}),
                 gen::element(0, 1, -1, 2, -2, 3, -3)),
      [](const std::tuple<SizeWay, SizeUnit, std::uint32_t, int>& parts) {
        const auto [way, unit, number, delta] = parts;
        const bool wide = way == SizeWay::uniform;
        const std::uint32_t most = wide ? 0xfffff : way == SizeWay::large ? 0xff : 0x7f;
        return SizeCode{.way = way, .unit = unit, .number = number & most, .delta = delta}.encode();
      });
}

rc::Gen<Operation> operations() {
  return gen::map(
      gen::tuple(gen::noShrink(gen::inRange<unsigned>(0, kFirstDebugOp)),
                 gen::weightedOneOf<std::uint16_t>({{3, gen::inRange<std::uint16_t>(0, 8)},
                                                    {1, gen::inRange<std::uint16_t>(0, 512)}}),
                 gen::resize(255, gen::inRange<std::uint16_t>(0, 256)),
                 gen::weightedOneOf<std::uint32_t>({{2, gen::inRange<std::uint32_t>(0, 8)},
                                                    {1, gen::arbitrary<std::uint32_t>()}}),
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

rc::Gen<Configuration> configurations(GeometryName geometry) {
  const auto refusal = gen::weightedOneOf<std::uint16_t>(
      {{7, gen::just(std::uint16_t{0})}, {1, gen::inRange<std::uint16_t>(1, 32)}});
  return gen::map(
      gen::tuple(gen::inRange<std::uint8_t>(1, 5), gen::inRange<std::uint8_t>(1, 5),
                 gen::weightedElement<bool>({{7, false}, {1, true}}),
                 gen::inRange<std::uint8_t>(0, 4), refusal, gen::inRange<std::uint16_t>(1, 9)),
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

rc::Gen<Program> programs(GeometryName geometry) {
  return gen::map(
      gen::pair(configurations(geometry), gen::container<std::vector<Operation>>(operations())),
      [](const std::pair<Configuration, std::vector<Operation>>& parts) {
        Program program{parts.first, parts.second};
        for (Operation& operation : program.operations)
          operation = canonical(operation, program.configuration.slots());
        return program;
      });
}

void heap_equals_model(GeometryName geometry) {
  const std::string name =
      std::string("heap_vs_model.") + kGeometryNames[static_cast<unsigned>(geometry)];
  const Program program = *programs(geometry);
  // One file for all cases: it is made anew for each, and removed only when the case is over.
  properties::CrashFile crash(name);
  crash.write(program);
  const Outcome outcome = run(program, {.audit_every = kAuditEvery});
  if (!outcome.diverged()) return;
  // Each smaller counterexample replaces the one before; the last is the smallest.
  const std::string path = properties::counterexample_folder() + "/" + name + ".hop";
  RC_ASSERT(save(path, program));
  RC_FAIL(to_text(*outcome.divergence, program) + "\nsaved as " + path);
}

RC_GTEST_PROP(heap_vs_model, tiny, ()) {
  heap_equals_model(GeometryName::tiny);
}

RC_GTEST_PROP(heap_vs_model, classic, ()) {
  heap_equals_model(GeometryName::classic);
}

RC_GTEST_PROP(heap_vs_model, production, ()) {
  heap_equals_model(GeometryName::production);
}

}  // namespace
}  // namespace arenite::model
