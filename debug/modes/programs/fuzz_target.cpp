// SPDX-License-Identifier: MIT
// A program with the names a libFuzzer target has, LIKE_LIBFUZZER, and those of a runtime of its
// own, LIKE_UBSAN or LIKE_ASAN, or of one without coverage, LIKE_HOOKS. Prints what the shared
// library beside it makes of that.
#include <cstddef>
#include <cstdio>

#include "debug/modes/fuzzer_runtime.hpp"

extern "C" {
#ifdef LIKE_LIBFUZZER
void __sanitizer_cov_8bit_counters_init(char*, char*) {}
#elif defined(LIKE_UBSAN)
[[gnu::weak]] void __sanitizer_cov_8bit_counters_init(char*, char*) {}
#endif
#if defined(LIKE_UBSAN) || defined(LIKE_ASAN) || defined(LIKE_HOOKS)
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*)) {
  return 1;
}
#endif
#ifdef LIKE_ASAN
void __asan_init() {}
#endif
}

int main() {
  const char* notice = arenite::fuzzer_asks_another_runtime();
  std::puts(notice == nullptr ? "ours" : notice);
}
