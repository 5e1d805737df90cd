// SPDX-License-Identifier: MIT
#include "debug/modes/sanitizer_interface.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arenite {
namespace {

using testing::ElementsAre;

void* const kPc = reinterpret_cast<void*>(0x401234);

/// What the services were asked for.
struct Asked {
  std::vector<std::string> lines;
  bool leaks = false;

  static void add(void* self, std::string line) {
    static_cast<Asked*>(self)->lines.push_back(std::move(line));
  }
};

SanitizerServices services_of(Asked& asked) {
  SanitizerServices services;
  services.context = &asked;
  services.report_leaks = [](void* self) {
    Asked::add(self, "report_leaks");
    return static_cast<Asked*>(self)->leaks;
  };
  services.end_for_leaks = [](void* self) { Asked::add(self, "end_for_leaks"); };
  services.ignore_block = [](void* self, Address at) {
    Asked::add(self, "ignore_block " + std::to_string(at));
  };
  services.add_root = [](void* self, Address begin, std::size_t bytes) {
    Asked::add(self, "add_root " + std::to_string(begin) + " " + std::to_string(bytes));
  };
  services.remove_root = [](void* self, Address begin, std::size_t bytes) {
    Asked::add(self, "remove_root " + std::to_string(begin) + " " + std::to_string(bytes));
  };
  services.print_stack = [](void* self) { Asked::add(self, "print_stack"); };
  services.print_profile = [](void* self, std::size_t percent, std::size_t stacks) {
    Asked::add(self, "print_profile " + std::to_string(percent) + " " + std::to_string(stacks));
  };
  services.purge = [](void* self) { Asked::add(self, "purge"); };
  services.module_of = [](void*, Address pc, char* path, std::size_t bytes, Address& offset) {
    if (pc != reinterpret_cast<Address>(kPc)) return false;
    std::strncpy(path, "/usr/bin/target", bytes);
    path[bytes - 1] = '\0';
    offset = 0x1234;
    return true;
  };
  services.set_report_descriptor = [](void* self, int descriptor) {
    Asked::add(self, "set_report_descriptor " + std::to_string(descriptor));
  };
  return services;
}

/// Services for the length of a test.
class SanitizerServicesTest : public testing::Test {
 protected:
  SanitizerServicesTest() : services_(services_of(asked_)) {
    install_sanitizer_services(&services_);
  }
  ~SanitizerServicesTest() override { install_sanitizer_services(nullptr); }

  Asked asked_;
  SanitizerServices services_;
};

void call_all() {
  __sanitizer_set_report_fd(reinterpret_cast<void*>(7));
  __sanitizer_print_stack_trace();
  __sanitizer_print_memory_profile(95, 8);
  __sanitizer_purge_allocator();
  __lsan_do_leak_check();
  __lsan_ignore_object(reinterpret_cast<void*>(64));
  __lsan_register_root_region(reinterpret_cast<void*>(128), 16);
  __lsan_unregister_root_region(reinterpret_cast<void*>(128), 16);
}

TEST(SanitizerInterfaceTest, IsInertWithoutServices) {
  call_all();
  EXPECT_EQ(__lsan_do_recoverable_leak_check(), 0);
  char path[64] = "untouched";
  void* offset = nullptr;
  EXPECT_EQ(__sanitizer_get_module_and_offset_for_pc(kPc, path, sizeof path, &offset), 0);
  EXPECT_STREQ(path, "untouched");
  char text[64];
  __sanitizer_symbolize_pc(kPc, "%p %F %L", text, sizeof text);
  EXPECT_STREQ(text, "0x401234 in ?? (<unknown module>)");
  notify_death();
}

TEST_F(SanitizerServicesTest, EachGetsWhatIsItsOwn) {
  asked_.leaks = true;
  call_all();
  EXPECT_THAT(asked_.lines,
              ElementsAre("set_report_descriptor 7", "print_stack", "print_profile 95 8", "purge",
                          "report_leaks", "end_for_leaks", "ignore_block 64", "add_root 128 16",
                          "remove_root 128 16"));
}

TEST_F(SanitizerServicesTest, ALeakCheckEndsNothingIfThereAreNone) {
  __lsan_do_leak_check();
  EXPECT_THAT(asked_.lines, ElementsAre("report_leaks"));
}

TEST_F(SanitizerServicesTest, TheRecoverableLeakCheckSaysYesAndNo) {
  asked_.leaks = true;
  EXPECT_EQ(__lsan_do_recoverable_leak_check(), 1);
  asked_.leaks = false;
  EXPECT_EQ(__lsan_do_recoverable_leak_check(), 0);
  EXPECT_THAT(asked_.lines, ElementsAre("report_leaks", "report_leaks"));
}

TEST_F(SanitizerServicesTest, ModuleAndOffset) {
  char path[64];
  void* offset = nullptr;
  ASSERT_EQ(__sanitizer_get_module_and_offset_for_pc(kPc, path, sizeof path, &offset), 1);
  EXPECT_STREQ(path, "/usr/bin/target");
  EXPECT_EQ(offset, reinterpret_cast<void*>(0x1234));
  EXPECT_EQ(__sanitizer_get_module_and_offset_for_pc(kPc, path, 0, &offset), 0);
  EXPECT_EQ(__sanitizer_get_module_and_offset_for_pc(nullptr, path, sizeof path, &offset), 0);
}

TEST_F(SanitizerServicesTest, ACounterAsText) {
  char text[64];
  __sanitizer_symbolize_pc(kPc, "%p %F %L", text, sizeof text);
  EXPECT_STREQ(text, "0x401234 in ?? (/usr/bin/target+0x1234)");
  __sanitizer_symbolize_pc(kPc, "%M %s 100%%", text, sizeof text);
  EXPECT_STREQ(text, "(target+0x1234) ?? 100%");
  __sanitizer_symbolize_pc(kPc, "%m|%o%", text, sizeof text);
  EXPECT_STREQ(text, "/usr/bin/target|0x1234%");
}

TEST(LeaksIgnoredTest, NestsAndIsTheThreadsOwn) {
  EXPECT_FALSE(leaks_ignored_on_this_thread());
  __lsan_disable();
  __lsan_disable();
  EXPECT_TRUE(leaks_ignored_on_this_thread());
  std::thread([] { EXPECT_FALSE(leaks_ignored_on_this_thread()); }).join();
  __lsan_enable();
  EXPECT_TRUE(leaks_ignored_on_this_thread());
  __lsan_enable();
  EXPECT_FALSE(leaks_ignored_on_this_thread());
  // One too many is no debt.
  __lsan_enable();
  __lsan_disable();
  EXPECT_TRUE(leaks_ignored_on_this_thread());
  __lsan_enable();
}

int deaths = 0;

TEST(DeathTest, EachCallbackRunsOnce) {
  deaths = 0;
  __sanitizer_set_death_callback([] {
    ++deaths;
    // An error on the way out.
    notify_death();
  });
  notify_death();
  notify_death();
  EXPECT_EQ(deaths, 1);
  __sanitizer_set_death_callback([] { deaths += 10; });
  notify_death();
  EXPECT_EQ(deaths, 11);
}

TEST(DeathTest, OneOfManyAcquiresTheCrashState) {
  std::atomic<int> acquired = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&acquired, i] {
      const bool mine = i % 2 == 0 ? acquire_crash_state() : __sanitizer_acquire_crash_state() != 0;
      acquired += mine ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(acquired, 1);
  EXPECT_EQ(__sanitizer_acquire_crash_state(), 0);
}

std::atomic<std::size_t> mallocs, bytes, frees;

// Hooks stay for the life of the process: one test, in the order of a life.
TEST(HooksTest, AreCalledFromInstallationOnWithErrnoKept) {
  notify_malloc(kPc, 40);
  notify_free(kPc);
  EXPECT_EQ(mallocs + frees, 0u);

  EXPECT_EQ(__sanitizer_install_malloc_and_free_hooks(nullptr, [](const volatile void*) {}), 0);
  EXPECT_EQ(
      __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) {}, nullptr),
      0);
  const auto on_malloc = [](const volatile void* block, std::size_t size) {
    EXPECT_EQ(block, kPc);
    ++mallocs;
    bytes += size;
    errno = EDOM;
  };
  const auto on_free = [](const volatile void* block) {
    EXPECT_EQ(block, kPc);
    ++frees;
    errno = EDOM;
  };
  EXPECT_EQ(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free), 1);
  errno = ERANGE;
  notify_malloc(kPc, 40);
  notify_free(kPc);
  notify_free(kPc);
  EXPECT_EQ(errno, ERANGE);
  EXPECT_EQ(mallocs, 1u);
  EXPECT_EQ(bytes, 40u);
  EXPECT_EQ(frees, 2u);

  for (int pair = 2; pair <= 5; ++pair)
    EXPECT_EQ(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free), pair);
  EXPECT_EQ(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free), 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { notify_malloc(kPc, 1); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(mallocs, 1u + 4 * 5);
}

}  // namespace
}  // namespace arenite
