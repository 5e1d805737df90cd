// SPDX-License-Identifier: MIT
// What one thread publishes and others use without a lock: hooks, callbacks and services of the
// sanitizers' interface, names of Python functions. Who finds it finds what was written before.
#include <sys/mman.h>

#include <new>
#include <string_view>

#include "debug/modes/sanitizer_interface.hpp"
#include "debug/python/code_names.hpp"
#include "debug/stacks/executable_path.hpp"
#include "proptests/schedule/protocol_test.hpp"

extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                  std::size_t),
                                              void (*free_hook)(const volatile void*));
void __sanitizer_set_death_callback(void (*callback)());
void __sanitizer_purge_allocator();
}

namespace arenite::schedule {
namespace {

/// Written plainly before something is published, and read plainly through it.
int written;
void look() {
  check(written == 1, "not written yet");
}

TEST(HookSchedules, ShowAHookWhatItsInstallerWrote) {
  const auto install = [](auto on_malloc, auto on_free) {
    // Hooks stay for good; here each run has the first place.
    detail::hook_pairs.store(0, std::memory_order_relaxed);
    check(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 1, "no room");
  };
  expect_clean(
      {[install] {
         written = 0;
         install([](const volatile void*, std::size_t) {}, [](const volatile void*) {});
       },
       {[install] {
          written = 1;
          install([](const volatile void*, std::size_t) { look(); },
                  [](const volatile void*) { look(); });
        },
        [] { detail::run_malloc_hooks(nullptr, 1); }, [] { detail::run_free_hooks(nullptr); }},
       [] {}},
      {.bound = 2});
}

TEST(CallbackSchedules, ShowsACallbackWhatItsGiverWrote) {
  static unsigned called;
  expect_clean({[] {
                  __sanitizer_set_death_callback(nullptr);
                  called = 0;
                  written = 0;
                },
                {[] {
                   written = 1;
                   __sanitizer_set_death_callback([] {
                     look();
                     ++called;
                   });
                 },
                 notify_death, notify_death},
                [] { check(called <= 1, "called twice"); }},
               {.bound = 3});
}

TEST(ServiceSchedules, ShowsServicesWhole) {
  static SanitizerServices services;
  expect_clean({[] {
                  install_sanitizer_services(nullptr);
                  services = {};
                },
                {[] {
                   services.purge = [](void*) {};
                   install_sanitizer_services(&services);
                 },
                 __sanitizer_purge_allocator},
                [] { install_sanitizer_services(nullptr); }},
               {.bound = 3});
}

// ---- the path of the program ----

TEST(PathSchedules, ShowThePathWhole) {
  static ExecutablePath path;
  const auto look = [] {
    const char* at = path.get();
    check(*at == '/' || *at == '\0', "not a path");
    // To its end, which is written here and not by the system.
    while (*at != '\0') ++at;
  };
  expect_clean({[] { new (&path) ExecutablePath; }, {look, look, look}, [] {}}, {.bound = 3});
}

// ---- names of Python functions ----

alignas(CodeNames) std::byte names_place[sizeof(CodeNames)];
CodeNames* names = nullptr;
std::uint32_t numbers[2];

constexpr CodeIdentity kFirst{.code = 0x1000, .file = 1, .name = 2, .first_line = 3};
constexpr CodeIdentity kSecond{.code = 0x2000, .file = 4, .name = 5, .first_line = 6};

std::size_t read_text(void*, Address object, char* to, std::size_t) {
  to[0] = static_cast<char>('a' + object);
  return 1;
}

void open_names() {
  names = new (names_place) CodeNames;
  check(names->open(), "no memory");
  numbers[0] = numbers[1] = CodeNames::kNoCode;
}

void close_names() {
  const Address table = names->state().table.load(std::memory_order_relaxed);
  ::munmap(reinterpret_cast<void*>(table), sizeof(CodeNames::Table));
}

void expect_named(std::uint32_t number, const CodeIdentity& code) {
  CodeNames::Names found;
  check(names->names(number, found), "no such number");
  const char file = static_cast<char>('a' + code.file);
  const char name = static_cast<char>('a' + code.name);
  check(found.file == std::string_view(&file, 1) && found.function == std::string_view(&name, 1),
        "another function's name");
}

TEST(CodeNameSchedules, GiveAFunctionOneNumber) {
  const auto number = [](std::size_t index) {
    return [index] {
      numbers[index] = names->number(kFirst, read_text, nullptr);
      if (numbers[index] != CodeNames::kNoCode) expect_named(numbers[index], kFirst);
    };
  };
  expect_clean({open_names,
                {number(0), number(1)},
                [] {
                  check(numbers[0] == 0 || numbers[1] == 0, "nobody has a number");
                  check(numbers[0] == numbers[1] || numbers[0] == CodeNames::kNoCode ||
                            numbers[1] == CodeNames::kNoCode,
                        "two numbers");
                  close_names();
                }},
               {.bound = 3});
}

TEST(CodeNameSchedules, AddOneFunctionAtATime) {
  expect_clean({open_names,
                {[] { numbers[0] = names->number(kFirst, read_text, nullptr); },
                 [] { numbers[1] = names->number(kSecond, read_text, nullptr); }},
                [] {
                  if (numbers[0] != CodeNames::kNoCode) expect_named(numbers[0], kFirst);
                  if (numbers[1] != CodeNames::kNoCode) expect_named(numbers[1], kSecond);
                  close_names();
                }},
               {.bound = 3});
}

TEST(CodeNameSchedules, NameWhatIsCounted) {
  expect_clean({open_names,
                {[] { numbers[0] = names->number(kFirst, read_text, nullptr); },
                 [] {
                   CodeNames::Names found;
                   if (names->names(0, found)) expect_named(0, kFirst);
                 }},
                close_names},
               {.bound = 3});
}

}  // namespace
}  // namespace arenite::schedule
