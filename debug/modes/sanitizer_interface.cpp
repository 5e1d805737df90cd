// SPDX-License-Identifier: MIT
#include "debug/modes/sanitizer_interface.hpp"

#include <cstdint>

#include "debug/modes/describe_pc.hpp"

// A program that has a sanitizer in it, or the same code linked statically beside one, keeps its
// own.
#define ARN_SANITIZER_NAME extern "C" [[gnu::weak, gnu::visibility("default")]]

namespace arenite {
namespace {

constinit const SanitizerServices kInert{};
constinit std::atomic<const SanitizerServices*> installed = &kInert;
constinit std::atomic<bool> crashing = false;
constinit std::atomic<void (*)()> death_callback = nullptr;

/// Acquire: pairs with the release in `install_sanitizer_services`.
const SanitizerServices& services() {
  return *installed.load(std::memory_order_acquire);
}

Address address_of(const void* pointer) {
  return reinterpret_cast<Address>(pointer);
}

bool report_leaks() {
  const SanitizerServices& with = services();
  return with.report_leaks != nullptr && with.report_leaks(with.context);
}

}  // namespace

[[gnu::tls_model("initial-exec")]] constinit thread_local unsigned detail::leaks_ignored = 0;

void install_sanitizer_services(const SanitizerServices* with) {
  // Pairs with the acquire in `services`.
  installed.store(with != nullptr ? with : &kInert, std::memory_order_release);
}

bool acquire_crash_state() {
  // Relaxed: it orders nothing, it only lets one through.
  return !crashing.exchange(true, std::memory_order_relaxed);
}

void notify_death() {
  // Taken, not read: an error inside the callback must not run it again. Acquire: pairs with the
  // release in __sanitizer_set_death_callback.
  if (const auto callback = death_callback.exchange(nullptr, std::memory_order_acquire)) callback();
}

}  // namespace arenite

using namespace arenite;

ARN_SANITIZER_NAME int __sanitizer_acquire_crash_state() {
  return acquire_crash_state();
}

ARN_SANITIZER_NAME void __sanitizer_set_death_callback(void (*callback)()) {
  // Release: pairs with the acquire in `notify_death`.
  death_callback.store(callback, std::memory_order_release);
}

ARN_SANITIZER_NAME void __sanitizer_set_report_fd(void* descriptor) {
  const SanitizerServices& with = services();
  if (with.set_report_descriptor != nullptr)
    with.set_report_descriptor(with.context, static_cast<int>(address_of(descriptor)));
}

ARN_SANITIZER_NAME void __sanitizer_print_stack_trace() {
  const SanitizerServices& with = services();
  if (with.print_stack != nullptr) with.print_stack(with.context);
}

ARN_SANITIZER_NAME void __sanitizer_print_memory_profile(std::size_t percent,
                                                         std::size_t most_stacks) {
  const SanitizerServices& with = services();
  if (with.print_profile != nullptr) with.print_profile(with.context, percent, most_stacks);
}

ARN_SANITIZER_NAME void __sanitizer_purge_allocator() {
  const SanitizerServices& with = services();
  if (with.purge != nullptr) with.purge(with.context);
}

ARN_SANITIZER_NAME int __sanitizer_get_module_and_offset_for_pc(void* pc, char* path,
                                                                std::size_t bytes, void** offset) {
  const SanitizerServices& with = services();
  if (bytes == 0 || with.module_of == nullptr) return 0;
  Address in_module = 0;
  if (!with.module_of(with.context, address_of(pc), path, bytes, in_module)) return 0;
  *offset = reinterpret_cast<void*>(in_module);
  return 1;
}

ARN_SANITIZER_NAME void __sanitizer_symbolize_pc(void* pc, const char* format, char* to,
                                                 std::size_t bytes) {
  const SanitizerServices& with = services();
  char path[kModulePathBytes] = {};
  Address offset = 0;
  const bool known = with.module_of != nullptr &&
                     with.module_of(with.context, address_of(pc), path, sizeof path, offset);
  describe_pc({.pc = address_of(pc), .module = known ? path : nullptr, .offset = offset}, format,
              to, bytes);
}

ARN_SANITIZER_NAME void __lsan_disable() {
  ++detail::leaks_ignored;
}

ARN_SANITIZER_NAME void __lsan_enable() {
  if (detail::leaks_ignored > 0) --detail::leaks_ignored;
}

ARN_SANITIZER_NAME int __lsan_do_recoverable_leak_check() {
  return report_leaks();
}

ARN_SANITIZER_NAME void __lsan_do_leak_check() {
  const SanitizerServices& with = services();
  if (report_leaks() && with.end_for_leaks != nullptr) with.end_for_leaks(with.context);
}

ARN_SANITIZER_NAME void __lsan_ignore_object(const void* block) {
  const SanitizerServices& with = services();
  if (with.ignore_block != nullptr) with.ignore_block(with.context, address_of(block));
}

ARN_SANITIZER_NAME void __lsan_register_root_region(const void* begin, std::size_t bytes) {
  const SanitizerServices& with = services();
  if (with.add_root != nullptr) with.add_root(with.context, address_of(begin), bytes);
}

ARN_SANITIZER_NAME void __lsan_unregister_root_region(const void* begin, std::size_t bytes) {
  const SanitizerServices& with = services();
  if (with.remove_root != nullptr) with.remove_root(with.context, address_of(begin), bytes);
}
