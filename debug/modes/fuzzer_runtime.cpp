// SPDX-License-Identifier: MIT
#include "debug/modes/fuzzer_runtime.hpp"

#include <dlfcn.h>
#include <link.h>

// By reference, not by dlsym, which allocates when it has to say that there is no such name. Weak:
// null where nobody in the process has them.
extern "C" {
[[gnu::weak, gnu::visibility("default")]] void __sanitizer_cov_8bit_counters_init(char*, char*);
[[gnu::weak, gnu::visibility("default")]] void __asan_init();
[[gnu::weak, gnu::visibility("default")]] void __msan_init();
}

namespace arenite {
namespace {

constexpr char kNotice[] =
    "this fuzz target has a sanitizer's runtime beside ours, so -detect_leaks, -malloc_limit_mb "
    "and "
    "-trace_malloc see nothing; link it with -fsanitize=fuzzer -fsanitize-coverage=0 and no other "
    "sanitizer";

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
  if (!is_strong(reinterpret_cast<const void*>(&__sanitizer_cov_8bit_counters_init)))
    return nullptr;
  // AddressSanitizer's malloc is the program's, too, so all of it is as it should be.
  if (&__asan_init != nullptr || &__msan_init != nullptr) return nullptr;
  // The library has it, so it is always found.
  const void* asked = dlsym(RTLD_DEFAULT, "__sanitizer_install_malloc_and_free_hooks");
  const void* own = reinterpret_cast<const void*>(&fuzzer_asks_another_runtime);
  return asked != nullptr && module_of(asked) != module_of(own) ? kNotice : nullptr;
}

}  // namespace arenite
