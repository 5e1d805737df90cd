// SPDX-License-Identifier: MIT
#include "proptests/model/cxx.hpp"

#include <algorithm>

#include "proptests/model/fields.hpp"
#include "proptests/model/misuse.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::model {
namespace {

constexpr const char* kHead = R"(// SPDX-License-Identifier: MIT
// clang-format off
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"
)";

/// A text with each `$` replaced by the next of the arguments.
template <class... Arguments>
std::string format(const char* pattern, const Arguments&... arguments) {
  const std::string texts[] = {arguments..., ""};
  std::string result;
  for (const std::string* text = texts; *pattern != '\0'; ++pattern)
    if (*pattern == '$')
      result += *text++;
    else
      result += *pattern;
  return result;
}

std::string text(std::size_t number) {
  return number > 0xffffffff ? "SIZE_MAX - " + std::to_string(SIZE_MAX - number)
                             : std::to_string(number);
}

template <Geometry G>
class Writer {
 public:
  explicit Writer(const Program& program)
      : configuration_(program.configuration),
        refusals_(configuration_.first_refusal != 0 ||
                  std::any_of(program.operations.begin(), program.operations.end(),
                              [](const Operation& o) { return o.kind == Kind::fail_os; })) {}

  std::string before() const {
    return format(R"(  using Pages = arenite::FaultyPages<arenite::FakePages>;
  using Geometry = arenite::$;
  arenite::FakeMemory memory(Geometry::kPageBytes);
  arenite::FaultPlan faults{.first = $, .length = $};
  arenite::Heap<arenite::HeapConfig<Geometry, Pages>> heap(
      Pages(arenite::FakePages(memory), faults));
  void* block[$] = {};
  arenite::ThreadBlock thread[8] = {}, current = 0;
)",
                  type_name(), text(configuration_.first_refusal), text(configuration_.refusals),
                  text(configuration_.slots())) +
           open();
  }

  static std::string after() {
    return R"(  faults = {};
  for (void*& one : block) heap.free(current, std::exchange(one, nullptr));
  for (arenite::ThreadBlock one : thread)
    if (one) heap.detach(one);
  EXPECT_EQ(heap.root().used_pools, 0u);
  heap.close();
)";
  }

  std::string operation(const Operation& operation) const {
    const std::string slot = format("block[$]", text(operation.slot));
    const std::string thread = format("thread[$]", text(get(operation, field::thread)));
    switch (operation.kind) {
      case Kind::nothing:
        return "";
      case Kind::allocate:
      case Kind::allocate_zeroed:
      case Kind::allocate_aligned:
        return format("if (!$) $ = $;", slot, slot, allocation(operation));
      case Kind::reallocate:
        return format("if (void* moved = $ ? heap.reallocate(current, $, $) : nullptr) $ = moved;",
                      slot, slot, size(operation), slot);
      case Kind::free:
        return format("heap.free(current, std::exchange($, nullptr));", slot);
      case Kind::remote_free:
        return format("if ($) heap.free($, std::exchange($, nullptr));", thread, thread, slot);
      case Kind::batch_allocate:
        return batch_allocate(operation);
      case Kind::batch_free:
        return batch_free(operation);
      case Kind::switch_thread:
        return format("if ($) current = $;", thread, thread);
      case Kind::attach:
        return attach(get(operation, field::thread), get(operation, field::diverted) != 0);
      case Kind::detach:
        return format(
            "if ($) heap.detach($);\n  if (current == $) current = 0;\n  $ = 0;\n"
            "  for (arenite::ThreadBlock one : thread) current = current ? current : one;",
            thread, thread, thread, thread);
      case Kind::hand_back:
        return "heap.hand_back_all(current);";
      case Kind::trim:
        return "heap.trim(current);";
      case Kind::fail_os:
        return format("faults.first = faults.asked + $;\n  faults.length = $;",
                      text(1 + get(operation, field::after)),
                      text(get(operation, field::refusals)));
      case Kind::reopen:
        return "heap.close();\n  std::fill(std::begin(block), std::end(block), nullptr);\n"
               "  std::fill(std::begin(thread), std::end(thread), 0);\n  current = 0;\n" +
               open();
      case Kind::rewrite:
        return format("if ($) std::memset($, 1, heap.usable_size($));", slot, slot, slot);
      case Kind::check_all:
        return "// all contents are checked here";
      case Kind::audit:
        return "// the audit runs here";
      case Kind::corrupt:
      case Kind::write_beyond:
      case Kind::write_freed:
      case Kind::free_wrongly:
        return "// a guarded heap's business";
      case Kind::free_interior:
        return format("if ($) { $; }", slot,
                      death(get(operation, field::via),
                            format("static_cast<char*>($) + 1 + $ % (heap.usable_size($) - 1)",
                                   slot, text(get(operation, field::offset)), slot),
                            Verdict::interior));
      case Kind::double_free:
        return format(
            "// current is to be a diverted thread block, unless this is a span\n"
            "  heap.free(current, $);\n  if ($) { $; }\n  $ = nullptr;",
            slot, slot, death(0, slot, Verdict::double_free), slot);
      case Kind::free_foreign:
        return death(get(operation, field::via),
                     format("reinterpret_cast<void*>($)", place(operation)), Verdict::foreign);
      case Kind::free_wild:
        return wild(operation, slot);
      case Kind::double_free_late:
        return format(
            "heap.free(current, $);\n  EXPECT_DEATH((heap.free(current, $), "
            "heap.hand_back_all(current)), \"$\");\n  $ = nullptr;",
            slot, slot, std::string(words_of(Verdict::double_free)), slot);
      case Kind::free_null:
        return "heap.free(current, nullptr);";
    }
    return "";
  }

 private:
  static std::string type_name() {
    std::string name = G::kName;
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
  }

  std::string open() const {
    const std::size_t bytes = range_bytes<G>(configuration_);
    std::string lines = format(
        refusals_ ? "  if (!heap.open($)) return;" : "  ASSERT_TRUE(heap.open($));", text(bytes));
    for (unsigned i = 0; i < configuration_.threads; ++i)
      lines += "\n  " + attach(i, configuration_.diverted);
    return lines + "\n";
  }

  static std::string attach(std::uint32_t index, bool diverted) {
    return format(
        "if (!thread[$]) thread[$] = heap.attach($$);\n"
        "  if (!current) current = thread[$];",
        text(index), text(index), text(index + 1),
        std::string(diverted ? ", arenite::ThreadState::diverted" : ""), text(index));
  }

  static std::string size(const Operation& operation) {
    return text(bytes_of<G>(SizeCode::decode(get(operation, field::size))));
  }

  static std::string allocation(const Operation& operation) {
    if (operation.kind == Kind::allocate_zeroed)
      return format("heap.allocate_zeroed(current, $)", size(operation));
    if (operation.kind == Kind::allocate_aligned)
      return format("heap.allocate_aligned(current, $, $)",
                    text(std::size_t{1} << get(operation, field::alignment)), size(operation));
    return format("heap.allocate(current, $)", size(operation));
  }

  std::string batch_allocate(const Operation& operation) const {
    const std::uint32_t end =
        std::min(operation.slot + get(operation, field::count), configuration_.slots());
    return format(
        "for (unsigned i = $; i < $; ++i)\n"
        "    if (!block[i]) block[i] = heap.allocate(current, $);",
        text(operation.slot), text(end), size(operation));
  }

  std::string batch_free(const Operation& operation) const {
    const std::uint32_t count = get(operation, field::count);
    const bool backward = get(operation, field::backward) != 0;
    const std::string index = backward ? format("$ - i", text(operation.slot + count - 1))
                                       : format("$ + i", text(operation.slot));
    return format(
        "for (unsigned i = 0; i < $; i += $)\n"
        "    if ($ < $) heap.free(current, std::exchange(block[$], nullptr));",
        text(count), text(get(operation, field::skip) + 1), index, text(configuration_.slots()),
        index);
  }

  static std::string death(std::uint32_t via, const std::string& pointer, Verdict verdict) {
    const char* patterns[] = {"EXPECT_DEATH(heap.free(current, $), \"$\")",
                              "EXPECT_DEATH(heap.reallocate(current, $, 1), \"$\")",
                              "EXPECT_DEATH(heap.usable_size($), \"$\")"};
    return format(patterns[via], pointer, std::string(words_of(verdict)));
  }

  static std::string place(const Operation& operation) {
    const std::string distance = text(get(operation, field::distance));
    const char* places[] = {"arenite::Address(&current) + $",
                            "arenite::Address(1 + $)",
                            "~arenite::Address(0) - $",
                            "heap.root().arenas.address + $",
                            "heap.root().range.address + heap.root().range.committed + $",
                            "heap.root().range.address - 1 - $",
                            "arenite::Address(&memory) + $",
                            "arenite::Address(&heap.root()) + $"};
    return format(places[get(operation, field::place)], distance);
  }

  static std::string wild(const Operation& operation, const std::string& slot) {
    if (get(operation, field::tail) == 0)
      return format("// via=$ of an address in a pool that is free",
                    std::string(field::kFunctions[get(operation, field::via)]));
    return format(
        "// free of what is left behind the last block in the pool of $, through a "
        "diverted thread block",
        slot);
  }

  Configuration configuration_;
  /// Whether the system may refuse what a heap needs to open.
  bool refusals_;
};

}  // namespace

std::string to_cxx(const Program& program, const std::string& name) {
  return for_geometry(program.configuration.geometry, [&]<class G>() {
    const Writer<G> writer(program);
    std::string lines = kHead + format("\nTEST(HeapProgram, $) {\n", name) + writer.before();
    for (const Operation& operation : program.operations) {
      const std::string line = writer.operation(operation);
      if (line.empty()) continue;
      // A statement ends where it was written to; a death test, which may stand alone, here.
      const bool open =
          line.front() != '/' && line.find_first_of(";}", line.size() - 2) == std::string::npos;
      lines += "  " + line + (open ? ";" : "") + (line.back() == '\n' ? "" : "\n");
    }
    return lines + writer.after() + "}\n";
  });
}

}  // namespace arenite::model
