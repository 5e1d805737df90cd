// SPDX-License-Identifier: MIT
// The names of an interpreter's functions that stand in stacks, read from outside. Trusts nothing;
// what it says of a table that was overwritten is wrong, no worse.
#pragma once

#include <algorithm>
#include <string>

#include "debug/layer/layer_plan.hpp"
#include "debug/memory/regions.hpp"
#include "debug/python/code_table.hpp"

namespace arenite {

/// Where an interpreted program was.
struct ScriptLocation {
  std::string file, function;
  std::uint32_t line = 0;
};

template <MemoryView View>
class ScriptNames {
 public:
  ScriptNames(const View& view, const LayerPlan& plan) : view_(view) {
    CodeTableState<Remote> state;
    if (plan.root.script_names == 0 || !read_object(view, plan.root.script_names, state)) return;
    if (state.table == 0 || state.table >= detail::kMostAddress) return;
    table_ = state.table;
    count_ = std::min(state.count, Table::kMostCodes);
  }

  /// False for what is no script frame, or of a function that is not there.
  bool find(Address word, ScriptLocation& location) const {
    const PythonFrame frame = PythonFrame::decode(word);
    CodeRecord code;
    if (!is_script_frame(word) || frame.number >= count_ || !read_code(frame.number, code))
      return false;
    location.line = frame.line;
    return read_text(code.file_at, code.file_bytes, location.file) &&
           read_text(code.name_at, code.name_bytes, location.function);
  }

  /// The whole table, used or not; empty if there is none.
  Region table() const { return {table_, table_ == 0 ? 0 : table_ + sizeof(Table)}; }
  /// Its functions, and of its text what they use.
  Region codes() const {
    const Address at = table_ + offsetof(Table, codes);
    return {at, at + std::uint64_t{count_} * sizeof(CodeRecord)};
  }
  Region text() const {
    const Address at = table_ + offsetof(Table, text);
    CodeRecord last;
    // Texts were added in the order of the functions, a function's name behind its file's.
    if (count_ == 0 || !read_code(count_ - 1, last)) return {at, at};
    const std::uint64_t end = std::uint64_t{last.name_at} + last.name_bytes;
    return {at, at + std::min<std::uint64_t>(end, Table::kTextBytes)};
  }

 private:
  using Table = CodeTable<Remote>;

  bool read_code(std::uint32_t number, CodeRecord& code) const {
    return read_object(view_, table_ + offsetof(Table, codes) + std::uint64_t{number} * sizeof code,
                       code);
  }

  bool read_text(std::uint32_t at, std::uint32_t bytes, std::string& to) const {
    if (bytes > Table::kMostNameBytes || at > Table::kTextBytes - bytes) return false;
    to.resize(bytes);
    return bytes == 0 || view_.read(table_ + offsetof(Table, text) + at, to.data(), bytes);
  }

  const View& view_;
  Address table_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace arenite
