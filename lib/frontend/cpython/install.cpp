// SPDX-License-Identifier: MIT
// How CPython comes to be served. Before main, where its functions are in the process by then: a
// weak reference, resolved by the loader, is all that a program without CPython pays. Later, by the
// calls of <arenite/python.h>.
//
// CPython reads PYTHONMALLOC and -X dev when it is configured and then sets its own tables over
// ours, so that the user's word counts. What was allocated before lives through that: CPython has
// to see to it for its own tables, too.
#include "arenite/python.h"
#include "frontend/cpython/domains.hpp"
#include "frontend/cpython/interpreter.hpp"
#include "frontend/process/process_heap.hpp"

extern "C" [[gnu::weak]] void PyMem_SetAllocator(int domain, void* allocator);

namespace arenite {
namespace {

constexpr const char* kUnknownHooks =
    "hooks are installed that Arenite does not know (tracemalloc, debug hooks, a profiler): they "
    "would not be told of blocks that become Arenite's";
constexpr const char* kTooLateToCheck =
    "the interpreter is initialised, and this mode knows each block from the first on: preload the "
    "library, or install before Py_Initialize";
constexpr const char* kTooLateForArenas =
    "the interpreter is initialised: its arenas are chosen before Py_Initialize";

// Who served each domain before; tables that were installed late refer to it.
constinit DomainAllocator former[kDomainCount] = {};

Domain domain(int index) {
  return static_cast<Domain>(index);
}

/// CPython's own tables have no context, those of its hooks do.
bool is_known(const Interpreter& interpreter, const DomainAllocator& allocator) {
  return allocator.context == nullptr &&
         is_own_function(interpreter, reinterpret_cast<const void*>(allocator.malloc));
}

bool serves_domains(const Interpreter& interpreter) {
  for (int i = 0; i < kDomainCount; ++i) {
    DomainAllocator now{};
    interpreter.get_allocator(domain(i), &now);
    if (!is_ours(now)) return false;
  }
  return true;
}

bool serves_arenas(const Interpreter& interpreter) {
  ArenaAllocator now{};
  interpreter.get_arena_allocator(&now);
  return now.alloc == arena_allocator().alloc;
}

void set_domains(const Interpreter& interpreter, bool late) {
  for (int i = 0; i < kDomainCount; ++i) {
    DomainAllocator ours = domain_allocator(domain(i), late ? &former[i] : nullptr);
    interpreter.set_allocator(domain(i), &ours);
  }
}

const char* install(const Interpreter& interpreter) {
  if (const char* reason = interpreter.unfit()) return reason;
  if (serves_domains(interpreter)) return nullptr;
  DomainAllocator now[kDomainCount];
  for (int i = 0; i < kDomainCount; ++i) {
    interpreter.get_allocator(domain(i), &now[i]);
    if (!is_known(interpreter, now[i])) return kUnknownHooks;
  }
  const bool late = interpreter.is_initialized() != 0;
  // Opens the heap, so that it is known what the mode is.
  if (!process_open()) return "no heap could be opened";
  if (late && slow_paths().diverts) return kTooLateToCheck;
  for (int i = 0; i < kDomainCount; ++i) former[i] = now[i];
  set_domains(interpreter, late);
  return nullptr;
}

const char* install_arenas(const Interpreter& interpreter) {
  if (const char* reason = interpreter.unfit()) return reason;
  if (serves_arenas(interpreter)) return nullptr;
  if (interpreter.is_initialized() != 0) return kTooLateForArenas;
  if (serves_domains(interpreter))
    for (int i = 0; i < kDomainCount; ++i) interpreter.set_allocator(domain(i), &former[i]);
  ArenaAllocator ours = arena_allocator();
  interpreter.set_arena_allocator(&ours);
  return nullptr;
}

[[gnu::constructor]] void install_before_main() {
  if (&PyMem_SetAllocator == nullptr) [[likely]]
    return;
  // A library that a running interpreter loads is asked first.
  const Interpreter interpreter = find_interpreter();
  if (interpreter.found() && interpreter.is_initialized() == 0) install(interpreter);
}

}  // namespace
}  // namespace arenite

extern "C" const char* arn_python_install() {
  return arenite::install(arenite::find_interpreter());
}

extern "C" const char* arn_python_install_arenas() {
  return arenite::install_arenas(arenite::find_interpreter());
}

extern "C" const char* arn_python_serves() {
  const arenite::Interpreter interpreter = arenite::find_interpreter();
  if (!interpreter.found()) return "none";
  if (arenite::serves_domains(interpreter)) return "domains";
  return arenite::serves_arenas(interpreter) ? "arenas" : "none";
}
