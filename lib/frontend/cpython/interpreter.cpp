// SPDX-License-Identifier: MIT
#include "frontend/cpython/interpreter.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

namespace arenite {
namespace {

template <class Function>
bool find(const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

/// calloc joined the domains in 3.5; since 3.7 blocks that the interpreter makes before it is
/// configured do not pass from one domain to another.
bool is_old(const char* version) {
  char* rest = nullptr;
  const long major = std::strtol(version, &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return major < 3 || (major == 3 && minor < 7);
}

const void* module_of(const void* function) {
  Dl_info info{};
  return ::dladdr(function, &info) != 0 ? info.dli_fbase : nullptr;
}

}  // namespace

Interpreter find_interpreter() {
  Interpreter found;
  const bool all = find("PyMem_SetAllocator", found.set_allocator) &&
                   find("PyMem_GetAllocator", found.get_allocator) &&
                   find("PyObject_GetArenaAllocator", found.get_arena_allocator) &&
                   find("PyObject_SetArenaAllocator", found.set_arena_allocator) &&
                   find("Py_IsInitialized", found.is_initialized) &&
                   find("Py_GetVersion", found.version);
  return all ? found : Interpreter{};
}

const char* Interpreter::unfit() const {
  if (!found()) return "there is no CPython in this process, or its symbols are not visible";
  const char* text = version();
  if (is_old(text)) return "this CPython is older than 3.7";
  // A free-threaded build finds objects by the pages they lie in.
  if (std::strstr(text, "free-threading") != nullptr)
    return "this CPython is free-threaded: it works with its own allocator only";
  return nullptr;
}

bool is_own_function(const Interpreter& interpreter, const void* function) {
  const void* module = module_of(function);
  return module != nullptr &&
         module == module_of(reinterpret_cast<const void*>(interpreter.version));
}

}  // namespace arenite
