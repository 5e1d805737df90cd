// SPDX-License-Identifier: MIT
#include "debug/python/python.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "debug/stacks/stack_hash.hpp"

/// Resolved by the loader: what CPython is there before main is known without a lookup.
extern "C" [[gnu::weak]] int PyGILState_Check();

namespace arenite {
namespace {

/// More than a function has.
constexpr std::uint32_t kMostInstructionBytes = 1 << 24;

template <class Function>
bool find_function(const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

template <class Value>
Value read(Address at) {
  Value value;
  std::memcpy(&value, reinterpret_cast<const void*>(at), sizeof value);
  return value;
}

const PythonLayout* layout_of(const char* version) {
  char* rest = nullptr;
  if (std::strtol(version, &rest, 10) != 3 || *rest != '.') return nullptr;
  const long minor = std::strtol(rest + 1, nullptr, 10);
  for (const PythonLayout& layout : kPythonLayouts)
    if (layout.minor == minor) return &layout;
  return nullptr;
}

std::size_t encode(std::uint32_t character, char* to) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80 | ((character >> shift) & 0x3f));
  };
  if (character < 0x80) return to[0] = static_cast<char>(character), 1;
  if (character < 0x800)
    return to[0] = static_cast<char>(0xc0 | (character >> 6)), to[1] = tail(0), 2;
  if (character < 0x10000)
    return to[0] = static_cast<char>(0xe0 | (character >> 12)), to[1] = tail(6), to[2] = tail(0), 3;
  return to[0] = static_cast<char>(0xf0 | (character >> 18)), to[1] = tail(12), to[2] = tail(6),
         to[3] = tail(0), 4;
}

}  // namespace

void Python::find_at_start() {
  if (PyGILState_Check != nullptr) find();
}

void Python::find() {
  if (found()) return;
  const char* (*version)() = nullptr;
  // The first is in every process that is asked, so that one look is all most of them pay.
  if (!find_function("PyGILState_Check", lock_held_)) return;
  if (!find_function("Py_GetVersion", version) || std::strstr(version(), "free-threading")) {
    lock_held_ = nullptr;
    return;
  }
  const bool all = find_function("PyGILState_GetThisThreadState", own_thread_) &&
                   (find_function("_PyThreadState_UncheckedGet", current_thread_) ||
                    find_function("PyThreadState_GetUnchecked", current_thread_)) &&
                   find_function("PyCode_Addr2Line", line_of_) &&
                   find_function("PyUnicode_GetLength", text_length_) &&
                   find_function("PyUnicode_ReadChar", text_character_);
  code_type_ = reinterpret_cast<Address>(::dlsym(RTLD_DEFAULT, "PyCode_Type"));
  const PythonLayout* layout = layout_of(version());
  if (all && code_type_ != 0 && layout != nullptr && names_.open()) layout_ = layout;
}

/// A thread without the lock may have a state that another has thrown away: only the lock's holder
/// looks at its own.
Address Python::frame_of_thread() const {
  const auto thread = reinterpret_cast<Address>(current_thread_());
  if (thread == 0 || thread != reinterpret_cast<Address>(own_thread_())) return 0;
  const auto first = read<Address>(thread + layout_->thread_frame);
  return layout_->frame_in == kDirect || first == 0 ? first
                                                    : read<Address>(first + layout_->frame_in);
}

/// False for a frame that is none of a Python function, or has not begun.
[[gnu::always_inline]] inline bool Python::step_of(Address frame, Walk::Step& step) const {
  const auto owner = read<std::uint8_t>(frame + layout_->frame_owner);
  if (owner >= kOwnedByCStack) return false;
  const auto code = read<Address>(frame + layout_->frame_code);
  if (code == 0 || read<Address>(code + kObjectType) != code_type_) return false;
  const Address offset =
      read<Address>(frame + layout_->frame_instruction) - (code + layout_->code_instructions);
  if (offset >= kMostInstructionBytes) return false;
  const auto first_traceable = read<std::int32_t>(code + layout_->code_first_traceable);
  if (owner != kOwnedByGenerator && static_cast<std::int64_t>(offset) < 2 * first_traceable)
    return false;
  step.code = {code, read<Address>(code + layout_->code_file),
               read<Address>(code + layout_->code_name),
               read<std::uint32_t>(code + layout_->code_first_line)};
  step.offset = static_cast<std::uint32_t>(offset);
  return true;
}

void Python::walk(Walk& walk) const {
  constexpr unsigned kMostSteps = 4 * kMostFrames;
  walk.count = 0;
  walk.hash = 0;
  Address frame = frame_of_thread();
  for (unsigned i = 0; frame != 0 && i < kMostSteps && walk.count < kMostFrames; ++i) {
    Walk::Step& step = walk.steps[walk.count];
    if (step_of(frame, step)) {
      const std::uint64_t* factor = detail::kFactor.data() + 4 * walk.count;
      walk.hash += step.code.code * factor[0] + step.code.file * factor[1] +
                   step.code.name * factor[2] +
                   (std::uint64_t{step.code.first_line} << 32 | step.offset) * factor[3];
      ++walk.count;
    }
    frame = read<Address>(frame + layout_->frame_previous);
  }
}

unsigned Python::name(const Walk& walk, Address* to, unsigned most) {
  unsigned count = 0;
  for (unsigned i = 0; i < walk.count && count < most; ++i) {
    const Walk::Step& step = walk.steps[i];
    const std::uint32_t number = names_.number(step.code, read_text, this);
    if (number == CodeNames::kNoCode) continue;
    std::uint32_t line = 0;
    if (!names_.line(number, step.offset, line)) {
      // A walk through the function's table of lines.
      line = static_cast<std::uint32_t>(std::max(
          line_of_(reinterpret_cast<void*>(step.code.code), static_cast<int>(step.offset)), 0));
      names_.keep_line(number, step.offset, line);
    }
    to[count++] = PythonFrame{number, line}.encode();
  }
  return count;
}

bool Python::place(Address script_frame, PythonPlace& place) const {
  CodeNames::Names names;
  const PythonFrame frame = PythonFrame::decode(script_frame);
  if (!is_script_frame(script_frame) || !names_.names(frame.number, names)) return false;
  place = {names.file, names.function, frame.line};
  return true;
}

std::size_t Python::read_text(void* self, Address object, char* to, std::size_t most) {
  constexpr std::size_t kLongest = 4;
  const auto& python = *static_cast<const Python*>(self);
  auto* text = reinterpret_cast<void*>(object);
  const std::ptrdiff_t length = python.text_length_(text);
  std::size_t bytes = 0;
  for (std::ptrdiff_t i = 0; i < length && bytes + kLongest <= most; ++i)
    bytes += encode(python.text_character_(text, i), to + bytes);
  return bytes;
}

}  // namespace arenite
