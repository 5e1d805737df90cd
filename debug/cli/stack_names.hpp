// SPDX-License-Identifier: MIT
// Stacks of a process with names put to their frames, from the modules' files, as far as they are
// there. Stacks are taken in while memory can be read, named when they are asked for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "debug/census/module_table.hpp"
#include "debug/census/traces.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/symbolizer.hpp"
#include "debug/stacks/stack_id.hpp"

namespace arenite::cli {

struct NamedFrame {
  Address pc = 0;        ///< the call, not what follows it
  std::string module;    ///< path; empty if no module has code there
  Address offset = 0;    ///< in the module's own terms
  std::string function;  ///< empty if it is not known, as the rest
  std::string file;
  int line = 0;
  bool python = false;  ///< of the program that CPython runs; it has no pc and no module

  /// "function file:line", or "module+0x12ab".
  std::string text() const;
};

class StackNames {
 public:
  void take_modules(const AnyView& view, const ProcessFacts& facts) { modules_ = {view, facts}; }
  void take(StackId stack, const Traces& traces);

  /// Innermost first, inlined functions included, Python's functions behind those of the machine.
  /// Empty for a stack that was not taken in.
  const std::vector<NamedFrame>& of(StackId stack);
  /// The frame that says most about where a block is from: the innermost of a Python program, for
  /// the interpreter's own are the same whatever it runs; otherwise the innermost that is neither
  /// the allocator's nor the C library's, and no function that only hands the request on, if there
  /// is another; the C library's if there is none. "no caller is known" if there is none at all.
  std::string culprit(StackId stack);
  const NamedFrame* culprit_frame(StackId stack);

 private:
  void name(Address pc, std::vector<NamedFrame>& to);
  void name_script(Address frame, std::vector<NamedFrame>& to);

  ModuleTable modules_;
  Symbolizer symbolizer_;
  /// Return addresses, innermost first; then script frames.
  std::map<StackId, std::vector<Address>> stacks_;
  std::map<Address, ScriptLocation> scripts_;
  std::map<StackId, std::vector<NamedFrame>> named_;
};

Json describe(const std::vector<NamedFrame>& frames);

}  // namespace arenite::cli
