// SPDX-License-Identifier: MIT
// What fuzzers ask of a sanitizer, answered by the debug layer: the functions that libFuzzer looks
// up by name (__sanitizer_*, __lsan_*; weak, so that a real sanitizer's own win), and what the
// layer calls in turn. Before services are installed, and in fast mode for good, all of it is
// inert: hooks are kept and never called, there are no leaks, nothing is printed.
//
// How a target under libFuzzer runs: hooks are installed, so each block and each free is told to
// them, which is what -detect_leaks counts, -malloc_limit_mb watches and -trace_malloc prints; an
// input with more mallocs than frees is run again between __lsan_disable and __lsan_enable, then
// leaks are asked for. Whoever reports an error first acquires the crash state and runs the death
// callback, which saves the input.
//
// Any thread, signal handlers too; keeps errno. The hooks and the callback are the fuzzer's: they
// print and allocate, so no lock of ours may be held around them.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

/// Null members are left out.
struct SanitizerServices {
  void* context = nullptr;
  /// Looks for leaks, reports what it finds, true if anything was found. The process goes on.
  bool (*report_leaks)(void* context) = nullptr;
  /// Ends the process as a leak report at exit does.
  void (*end_for_leaks)(void* context) = nullptr;
  /// The block in which the address lies, and what it leads to, is no leak.
  void (*ignore_block)(void* context, Address at) = nullptr;
  /// Memory outside the heap in which pointers are looked for.
  void (*add_root)(void* context, Address begin, std::size_t bytes) = nullptr;
  void (*remove_root)(void* context, Address begin, std::size_t bytes) = nullptr;
  /// The stack of the caller, to where reports go.
  void (*print_stack)(void* context) = nullptr;
  /// The allocation stacks that hold the most, until they make up `percent` of the live heap.
  void (*print_profile)(void* context, std::size_t percent, std::size_t most_stacks) = nullptr;
  /// Empties the quarantine and gives pages back.
  void (*purge)(void* context) = nullptr;
  /// The file in which the code lies, \0-terminated and cut at `bytes`, and where in it.
  bool (*module_of)(void* context, Address pc, char* path, std::size_t bytes,
                    Address& offset) = nullptr;
  /// Reports go here from now on.
  void (*set_report_descriptor)(void* context, int descriptor) = nullptr;
};

/// `services` stays as it is for the life of the process; null makes all inert again.
void install_sanitizer_services(const SanitizerServices* services);

/// True once in the life of the process: the caller may report an error and end it. False:
/// somebody else, a fuzzer perhaps, is at that; do not end the process under it.
bool acquire_crash_state();

/// Runs the death callback, at most once for each that was set. After the report is written, before
/// the process ends.
void notify_death();

namespace detail {
[[gnu::tls_model("initial-exec")]] extern constinit thread_local unsigned leaks_ignored;
extern std::atomic<unsigned> hook_pairs;
void run_malloc_hooks(const void* block, std::size_t size);
void run_free_hooks(const void* block);
}  // namespace detail

/// This thread is between __lsan_disable and __lsan_enable: what it allocates is no leak.
inline bool leaks_ignored_on_this_thread() {
  return detail::leaks_ignored != 0;
}

/// After a block was handed out, with the size that was asked for. A realloc is a free and a
/// malloc, also where the block stays. Not for null.
inline void notify_malloc(const void* block, std::size_t size) {
  // Relaxed: which pairs there are is read from their own atomics.
  if (detail::hook_pairs.load(std::memory_order_relaxed) != 0) [[unlikely]]
    detail::run_malloc_hooks(block, size);
}

/// Before a block is freed. Not for null.
inline void notify_free(const void* block) {
  if (detail::hook_pairs.load(std::memory_order_relaxed) != 0) [[unlikely]]
    detail::run_free_hooks(block);
}

}  // namespace arenite

// The names themselves, for tests and for programs that call them.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                  std::size_t),
                                              void (*free_hook)(const volatile void*));
int __sanitizer_acquire_crash_state();
void __sanitizer_set_death_callback(void (*callback)());
void __sanitizer_set_report_fd(void* descriptor);
void __sanitizer_print_stack_trace();
void __sanitizer_print_memory_profile(std::size_t percent, std::size_t most_stacks);
void __sanitizer_purge_allocator();
void __sanitizer_symbolize_pc(void* pc, const char* format, char* to, std::size_t bytes);
int __sanitizer_get_module_and_offset_for_pc(void* pc, char* path, std::size_t bytes,
                                             void** offset);
void __lsan_disable();
void __lsan_enable();
void __lsan_do_leak_check();
int __lsan_do_recoverable_leak_check();
void __lsan_ignore_object(const void* block);
void __lsan_register_root_region(const void* begin, std::size_t bytes);
void __lsan_unregister_root_region(const void* begin, std::size_t bytes);
}
