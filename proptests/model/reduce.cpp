// SPDX-License-Identifier: MIT
#include "proptests/model/reduce.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "proptests/model/fields.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::model {
namespace {

/// The plainer kinds that an operation may become.
std::vector<Kind> plainer(Kind kind) {
  switch (kind) {
    case Kind::allocate_zeroed:
    case Kind::allocate_aligned:
    case Kind::batch_allocate:
      return {Kind::allocate};
    case Kind::remote_free:
    case Kind::batch_free:
      return {Kind::free};
    case Kind::reopen:
      return {Kind::check_all};
    default:
      return {};
  }
}

/// What a number may become, the smallest first.
std::vector<std::uint32_t> smaller(std::uint32_t number) {
  std::vector<std::uint32_t> numbers;
  if (number > 0) numbers.push_back(0);
  if (number > 1) numbers.push_back(1);
  for (std::uint32_t part = number / 2; part > 1; part /= 2) numbers.push_back(number - part);
  if (number > 2) numbers.push_back(number - 1);
  return numbers;
}

std::vector<std::uint32_t> smaller_sizes(std::uint32_t arg) {
  const SizeCode code = SizeCode::decode(arg);
  std::vector<std::uint32_t> sizes;
  // Nothing is smaller, and what is not smaller would let two sizes take turns for ever.
  if (code.way == SizeWay::tiny && code.number == 0) return sizes;
  const auto add = [&](SizeCode changed) {
    if (changed.encode() != code.encode()) sizes.push_back(changed.encode());
  };
  add({.way = SizeWay::tiny, .number = 0});
  if (code.way != SizeWay::tiny) add({.way = SizeWay::tiny, .number = 1});
  add({.way = code.way, .unit = SizeUnit::pages, .number = code.number, .delta = 0});
  add({.way = code.way, .unit = code.unit, .number = code.number, .delta = 0});
  for (const std::uint32_t number : smaller(code.number))
    add({.way = code.way, .unit = code.unit, .number = number, .delta = code.delta});
  return sizes;
}

class Reducer {
 public:
  Reducer(const Program& program, const Judge& judge, const std::function<bool()>& go_on)
      : judge_(judge), go_on_(go_on), best_(program) {}

  Reduced run() {
    while (!out_of_time_) {
      const Program before = best_;
      drop_operations();
      simplify_configuration();
      for (std::size_t i = 0; i < best_.operations.size(); ++i) simplify(i);
      join_allocations();
      if (best_ == before) break;
    }
    return {std::move(best_), asked_, !out_of_time_};
  }

 private:
  /// Keeps the candidate if it fails, too.
  bool take(Program candidate) {
    if (out_of_time_ || candidate == best_) return false;
    if (!go_on_()) {
      out_of_time_ = true;
      return false;
    }
    ++asked_;
    if (!judge_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  /// Stretches, from halves down to single operations; from behind, because what follows a failure
  /// is not needed at all.
  void drop_operations() {
    for (std::size_t length = std::max<std::size_t>(1, best_.operations.size() / 2); length > 0;
         length /= 2) {
      for (std::size_t end = best_.operations.size(); end > 0;) {
        const std::size_t begin = end > length ? end - length : 0;
        Program candidate = best_;
        const auto first = candidate.operations.begin();
        candidate.operations.erase(first + static_cast<std::ptrdiff_t>(begin),
                                   first + static_cast<std::ptrdiff_t>(end));
        take(std::move(candidate));
        end = std::min(begin, best_.operations.size());
      }
    }
  }

  template <class Change>
  bool with_configuration(Change change) {
    Program candidate = best_;
    change(candidate.configuration);
    for (Operation& operation : candidate.operations)
      operation = canonical(operation, candidate.configuration.slots());
    return take(std::move(candidate));
  }

  void simplify_configuration() {
    with_configuration([](Configuration& c) { c = {.geometry = c.geometry}; });
    with_configuration([](Configuration& c) { c.geometry = GeometryName::tiny; });
    with_configuration([](Configuration& c) { c.first_refusal = c.refusals = 0; });
    with_configuration([](Configuration& c) { c.diverted = false; });
    with_configuration([](Configuration& c) { c.schedule_seed = 0; });
    while (best_.configuration.refusals > 1 &&
           with_configuration([](Configuration& c) { c.refusals /= 2; })) {
    }
    while (best_.configuration.arenas > 1 &&
           with_configuration([](Configuration& c) { --c.arenas; })) {
    }
    while (best_.configuration.threads > 1 &&
           with_configuration([](Configuration& c) { --c.threads; })) {
    }
    while (best_.configuration.slot_code > 0 &&
           with_configuration([](Configuration& c) { --c.slot_code; })) {
    }
  }

  /// The operations before and behind the first `replaced` from `at`, with `operation` between.
  bool replace(std::size_t at, const Operation& operation) {
    Program candidate = best_;
    candidate.operations[at] = canonical(operation, best_.configuration.slots());
    return take(std::move(candidate));
  }

  void simplify(std::size_t at) {
    for (const Kind kind : plainer(best_.operations[at].kind)) {
      Operation changed = best_.operations[at];
      changed.kind = kind;
      replace(at, changed);
    }
    for (const Field& field : fields_of(best_.operations[at].kind)) simplify(at, field);
  }

  void simplify(std::size_t at, const Field& field) {
    const std::uint32_t number = get(best_.operations[at], field);
    if (field.part == Part::slot) return rename(number);
    for (const std::uint32_t next :
         field.writing == Writing::size ? smaller_sizes(number) : smaller(number)) {
      Operation changed = best_.operations[at];
      set(changed, field, next);
      if (replace(at, changed)) return;
    }
  }

  /// A slot means something only together with the other operations that name it.
  void rename(std::uint32_t slot) {
    for (std::uint32_t lower = 0; lower < slot; ++lower) {
      Program candidate = best_;
      for (Operation& operation : candidate.operations)
        if (const auto fields = fields_of(operation.kind);
            !fields.empty() && fields.front().part == Part::slot && operation.slot == slot)
          operation.slot = static_cast<std::uint16_t>(lower);
      if (take(std::move(candidate)) || lower >= 8) return;
    }
  }

  /// Many blocks of a size become one operation that fills all slots.
  void join_allocations() {
    for (std::size_t i = 0; i < best_.operations.size(); ++i) {
      const Operation first = best_.operations[i];
      if (first.kind != Kind::allocate) continue;
      Program candidate = best_;
      Operation& joined = candidate.operations[i];
      joined = {.kind = Kind::batch_allocate, .arg = first.arg};
      set(joined, field::count, static_cast<std::uint32_t>(255));
      const auto behind = candidate.operations.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      const auto end = std::remove_if(behind, candidate.operations.end(), [&](const Operation& o) {
        return o.kind == Kind::allocate && o.arg == first.arg;
      });
      // One for one gains nothing.
      if (candidate.operations.end() - end < 2) continue;
      candidate.operations.erase(end, candidate.operations.end());
      take(std::move(candidate));
    }
  }

  const Judge& judge_;
  const std::function<bool()>& go_on_;
  Program best_;
  unsigned asked_ = 0;
  bool out_of_time_ = false;
};

}  // namespace

Reduced reduce(const Program& program, const Judge& judge, const std::function<bool()>& go_on) {
  return Reducer(program, judge, go_on).run();
}

}  // namespace arenite::model
