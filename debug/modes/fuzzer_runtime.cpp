// SPDX-License-Identifier: MIT
#include "debug/modes/fuzzer_runtime.hpp"

#include <dlfcn.h>
#include <link.h>

namespace arenite {
namespace {

constexpr char kNotice[] =
    "this fuzz target has a sanitizer's runtime beside ours, so -detect_leaks, -malloc_limit_mb "
    "and "
    "-trace_malloc see nothing; link it with -fsanitize=fuzzer -fsanitize-coverage=0 and no other "
    "sanitizer";

void* named(const char* name) {
  return dlsym(RTLD_DEFAULT, name);
}

const void* module_of(const void* function) {
  Dl_info about;
  return dladdr(function, &about) != 0 ? about.dli_fbase : nullptr;
}

bool is_strong(const void* function) {
  Dl_info about;
  void* found = nullptr;
  if (function == nullptr || dladdr1(function, &about, &found, RTLD_DL_SYMENT) == 0) return false;
  const auto* symbol = static_cast<const ElfW(Sym)*>(found);
  return symbol != nullptr && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL;
}

}  // namespace

const char* fuzzer_asks_another_runtime() {
  // Runtimes define this as a weak function that does nothing, libFuzzer as its own.
  if (!is_strong(named("__sanitizer_cov_8bit_counters_init"))) return nullptr;
  // AddressSanitizer's malloc is the program's, too, so all of it is as it should be.
  if (named("__asan_init") != nullptr || named("__msan_init") != nullptr) return nullptr;
  const void* asked = named("__sanitizer_install_malloc_and_free_hooks");
  const void* own = reinterpret_cast<const void*>(&fuzzer_asks_another_runtime);
  return asked != nullptr && module_of(asked) != module_of(own) ? kNotice : nullptr;
}

}  // namespace arenite
