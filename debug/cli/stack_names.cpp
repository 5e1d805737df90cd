// SPDX-License-Identifier: MIT
#include "debug/cli/stack_names.hpp"

#include <fmt/format.h>

#include "debug/report/frame_names.hpp"

namespace arenite::cli {
namespace {

/// Whether a function only hands a request for memory on, by its name: xmalloc, zcalloc,
/// CRYPTO_realloc, std::allocator's. All of a program's blocks may come through it.
bool hands_on(std::string_view function) {
  // What is in brackets are arguments.
  std::string name;
  int depth = 0;
  for (const char c : function) {
    if (c == '(' || c == '<') ++depth;
    if (depth == 0) name += c;
    if (c == ')' || c == '>') --depth;
  }
  for (const std::string_view word : {"alloc", "Alloc", "strdup", "strndup", "operator new"})
    if (name.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

std::string NamedFrame::text() const {
  if (!function.empty())
    return file.empty() ? fmt::format("{} ({}+{:#x})", function, module, offset)
           : line == 0  ? fmt::format("{} {}", function, file)
                        : fmt::format("{} {}:{}", function, file, line);
  return module.empty() ? fmt::format("{:#x}", pc) : fmt::format("{}+{:#x}", module, offset);
}

void StackNames::take(StackId stack, const Traces& traces) {
  const auto [known, added] = stacks_.try_emplace(stack);
  if (!added) return;
  known->second = traces.frames(stack);
  for (const Address frame : known->second) {
    if (!is_script_frame(frame) || scripts_.contains(frame)) continue;
    if (std::optional<ScriptLocation> location = traces.script(frame))
      scripts_.emplace(frame, *std::move(location));
  }
}

const std::vector<NamedFrame>& StackNames::of(StackId stack) {
  const auto [known, added] = named_.try_emplace(stack);
  if (!added) return known->second;
  const auto frames = stacks_.find(stack);
  if (frames == stacks_.end()) return known->second;
  for (const Address frame : frames->second) {
    if (is_script_frame(frame))
      name_script(frame, known->second);
    else
      name(frame - 1, known->second);
  }
  return known->second;
}

void StackNames::name(Address pc, std::vector<NamedFrame>& to) {
  NamedFrame frame;
  frame.pc = pc;
  if (const LoadedModule* module = modules_.find(pc); module != nullptr) {
    frame.module = module->path;
    frame.offset = pc - module->bias;
    const Symbolized& names = symbolizer_.look_up(module->path, frame.offset, module->build_id);
    for (const SourcePlace& place : names.places) {
      frame.function = place.function;
      frame.file = place.file;
      frame.line = place.line;
      to.push_back(frame);
    }
    if (!names.places.empty()) return;
  }
  to.push_back(frame);
}

/// A function whose name was lost is left out, as in reports.
void StackNames::name_script(Address frame, std::vector<NamedFrame>& to) {
  const auto script = scripts_.find(frame);
  if (script == scripts_.end()) return;
  NamedFrame named;
  named.function = script->second.function;
  named.file = script->second.file;
  named.line = static_cast<int>(script->second.line);
  named.python = true;
  to.push_back(std::move(named));
}

const NamedFrame* StackNames::culprit_frame(StackId stack) {
  const std::vector<NamedFrame>& frames = of(stack);
  for (const NamedFrame& frame : frames)
    if (frame.python) return &frame;
  const NamedFrame* first = nullptr;
  for (const NamedFrame& frame : frames) {
    if (frame.module.empty() || is_between(frame.module)) continue;
    if (!hands_on(frame.function)) return &frame;
    if (first == nullptr) first = &frame;
  }
  if (first != nullptr) return first;
  // The C library for its own sake; never the allocator, which is in every stack.
  for (const NamedFrame& frame : frames)
    if (frame.module.find("/libarenite") == std::string::npos) return &frame;
  return nullptr;
}

std::string StackNames::culprit(StackId stack) {
  const NamedFrame* frame = culprit_frame(stack);
  return frame == nullptr ? "no caller is known" : frame->text();
}

Json describe(const std::vector<NamedFrame>& frames) {
  Json list = Json::array();
  for (const NamedFrame& frame : frames) {
    Json one = frame.python ? Json{{"python", true}} : Json{{"pc", fmt::format("{:#x}", frame.pc)}};
    if (!frame.module.empty()) {
      one["module"] = frame.module;
      one["offset"] = fmt::format("{:#x}", frame.offset);
    }
    if (!frame.function.empty()) one["function"] = frame.function;
    if (!frame.file.empty()) one["file"] = frame.file;
    if (frame.line > 0) one["line"] = frame.line;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace arenite::cli
