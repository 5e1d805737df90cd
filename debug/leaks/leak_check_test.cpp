// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_check.hpp"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/leaks/fake_blocks.hpp"
#include "debug/leaks/leak_control.hpp"
#include "debug/leaks/raw_syscall.hpp"

namespace arenite {
namespace {

alignas(8) char global[sizeof(Address)];
alignas(8) thread_local char of_thread[sizeof(Address)];

/// Overwrites what calls before have left below the stack pointer, and the registers.
[[gnu::noinline, gnu::no_sanitize_address]] void scrub() {
  volatile unsigned char below[8192];
  for (volatile unsigned char& byte : below) byte = 0;
  asm volatile("" : : : "rbx", "r12", "r13", "r14", "r15", "memory");
}

/// Each block has a stack of its own, by which reports name it.
class LeakCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.blocks = fake_.map();
    settings_.left_out = fake_.left_out();
    settings_.context = this;
    settings_.patience_ms = 10'000;
  }
  void TearDown() override { std::memset(global, 0, sizeof global); }

  [[gnu::noinline]] void check() {
    sites_.clear();
    order_.clear();
    scrub();
    errno = EDOM;
    totals_ = check_leaks(
        settings_,
        [](void* self, const LeakSite& site) {
          auto& test = *static_cast<LeakCheckTest*>(self);
          LeakSite kept = site;
          kept.example = ~site.example;
          test.sites_[site.stack] = kept;
          test.order_.push_back(site.stack);
        },
        this);
    EXPECT_EQ(errno, EDOM);
    EXPECT_EQ(totals_.sites, sites_.size());
  }
  bool leaked(StackId stack) const { return sites_.contains(stack); }

  FakeBlocks fake_{std::size_t{64} << 20, 100'000};
  LeakSettings settings_;
  LeakTotals totals_;
  std::map<StackId, LeakSite> sites_;
  std::vector<StackId> order_;
};

/// A thread that waits, in the way `Body` does, for its end; `body(ready, end)`.
template <class Body>
class Waiting {
 public:
  explicit Waiting(Body body) : thread_([this, body] { body(ready_, end_); }) {
    while (ready_.load() == 0) std::this_thread::yield();
  }
  ~Waiting() { finish(); }
  void finish() {
    end_.store(1);
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<int> ready_{0};
  std::atomic<int> end_{0};
  std::thread thread_;
};

TEST_F(LeakCheckTest, nothing_allocated) {
  check();
  EXPECT_FALSE(totals_.leaks());
  EXPECT_EQ(totals_.obstacle, LeakObstacle::none);
  EXPECT_EQ(totals_.live.objects, 0u);
}

TEST_F(LeakCheckTest, a_block_a_global_points_to_and_one_nothing_does) {
  point(global, fake_.allocate(40, 1));
  const Hidden lost = fake_.allocate(24, 2);
  check();
  EXPECT_EQ(totals_.obstacle, LeakObstacle::none);
  EXPECT_FALSE(leaked(1));
  ASSERT_TRUE(leaked(2));
  EXPECT_EQ(sites_[2].direct.bytes, 24u);
  EXPECT_EQ(sites_[2].direct.objects, 1u);
  EXPECT_EQ(sites_[2].indirect.objects, 0u);
  EXPECT_EQ(sites_[2].example, lost.inverted);
  EXPECT_EQ(sites_[2].example_bytes, 24u);
  EXPECT_EQ(totals_.live.bytes, 64u);
  EXPECT_EQ(totals_.direct.objects, 1u);
}

TEST_F(LeakCheckTest, lost_when_the_only_pointer_is_overwritten) {
  point(global, fake_.allocate(16, 1));
  check();
  EXPECT_FALSE(leaked(1));
  point(global, fake_.allocate(16, 2));
  check();
  EXPECT_TRUE(leaked(1));
  EXPECT_FALSE(leaked(2));
}

TEST_F(LeakCheckTest, an_interior_pointer_keeps_and_one_past_the_end_does_not) {
  point(global, fake_.allocate(64, 1), 63);
  alignas(8) char local[sizeof(Address)];
  point(local, fake_.allocate(64, 2), 64);
  check();
  EXPECT_FALSE(leaked(1));
  EXPECT_TRUE(leaked(2));
  asm volatile("" : : "r"(local) : "memory");
}

TEST_F(LeakCheckTest, the_callers_stack) {
  alignas(8) char local[sizeof(Address)];
  point(local, fake_.allocate(16, 1));
  check();
  EXPECT_FALSE(leaked(1));
  std::memset(local, 0, sizeof local);
  asm volatile("" : : "r"(local) : "memory");
  check();
  EXPECT_TRUE(leaked(1));
}

[[gnu::noinline, gnu::no_sanitize_address]] void leave_below(Hidden block) {
  // Not right below: a call's own frame has gaps that keep what was there.
  volatile Address deep[128];
  for (std::size_t i = 0; i < 64; ++i) deep[i] = ~block.inverted;
  asm volatile("" : : "r"(deep) : "memory");
}

TEST_F(LeakCheckTest, what_is_left_below_the_stack_pointer_does_not_count) {
  const Hidden block = fake_.allocate(16, 1);
  scrub();
  LeakTotals totals;
  StackId found = 0;
  leave_below(block);
  asm volatile("" : : : "rax", "rbx", "rcx", "rdx", "r12", "r13", "r14", "r15", "memory");
  totals = check_leaks(
      settings_, [](void* to, const LeakSite& site) { *static_cast<StackId*>(to) = site.stack; },
      &found);
  EXPECT_EQ(found, 1u);
}

TEST_F(LeakCheckTest, only_in_the_callers_register) {
  const Hidden block = fake_.allocate(16, 1);
  StackId found = 0;
  void (*const taker)(void*, const LeakSite&) = [](void* to, const LeakSite& site) {
    *static_cast<StackId*>(to) = site.stack;
  };
  const auto call = [&](Address hidden) {
    scrub();
    LeakTotals totals;
    LeakTotals* to = &totals;
    auto* const function = &check_leaks;
    const LeakSettings* settings = &settings_;
    StackId* result = &found;
    auto* take = taker;
    found = 0;
    // r12 survives calls, so it is the callee that must look at it.
    asm volatile(
        "mov %[hidden], %%r12\n\t"
        "xor %k[hidden], %k[hidden]\n\t"
        "not %%r12\n\t"
        "mov %%rsp, %%rbx\n\t"
        "sub $128, %%rsp\n\t"
        "and $-16, %%rsp\n\t"
        "call *%[function]\n\t"
        "mov %%rbx, %%rsp\n\t"
        "xor %%r12d, %%r12d"
        : [hidden] "+r"(hidden), "+D"(to), "+S"(settings), "+d"(take), "+c"(result)
        : [function] "r"(function)
        : "rax", "rbx", "r8", "r9", "r10", "r11", "r12", "cc", "memory", "xmm0", "xmm1", "xmm2",
          "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
          "xmm13", "xmm14", "xmm15");
  };
  call(block.inverted);
  EXPECT_EQ(found, 0u);
  // The same with another word in the register.
  call(block.inverted ^ 0xffff'0000'0000);
  EXPECT_EQ(found, 1u);
}

TEST_F(LeakCheckTest, tls_of_this_and_of_another_thread) {
  point(of_thread, fake_.allocate(16, 1));
  const Hidden other = fake_.allocate(16, 2);
  Waiting thread([other](std::atomic<int>& ready, std::atomic<int>& end) {
    point(of_thread, other);
    ready.store(1);
    while (end.load() == 0) ::usleep(500);
    std::memset(of_thread, 0, sizeof of_thread);
  });
  check();
  EXPECT_EQ(totals_.threads_stopped, 1u);
  EXPECT_FALSE(leaked(1));
  EXPECT_FALSE(leaked(2));
  thread.finish();
  std::memset(of_thread, 0, sizeof of_thread);
  check();
  EXPECT_TRUE(leaked(1));
  EXPECT_TRUE(leaked(2));
}

TEST_F(LeakCheckTest, tls_of_a_library_loaded_later) {
  void* const library = ::dlopen(ARENITE_TLS_LIBRARY, RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  auto* const variable = reinterpret_cast<void* (*)()>(::dlsym(library, "library_variable"));
  const Hidden block = fake_.allocate(16, 1);
  Waiting thread([=](std::atomic<int>& ready, std::atomic<int>& end) {
    point(variable(), block);
    ready.store(1);
    while (end.load() == 0) ::usleep(500);
    std::memset(variable(), 0, sizeof(Address));
  });
  check();
  EXPECT_FALSE(leaked(1));
  thread.finish();
  check();
  EXPECT_TRUE(leaked(1));
  ::dlclose(library);
}

TEST_F(LeakCheckTest, the_stack_of_a_thread_in_a_system_call_and_of_one_that_computes) {
  const Hidden sleeper_block = fake_.allocate(16, 1), spinner_block = fake_.allocate(16, 2);
  const auto hold = [](Hidden block, bool sleeps) {
    return [block, sleeps](std::atomic<int>& ready, std::atomic<int>& end) {
      alignas(8) char local[sizeof(Address)];
      point(local, block);
      asm volatile("" : : "r"(local) : "memory");
      ready.store(1);
      while (end.load() == 0)
        if (sleeps) ::usleep(100'000);
      asm volatile("" : : "r"(local) : "memory");
    };
  };
  Waiting sleeper(hold(sleeper_block, true));
  Waiting spinner(hold(spinner_block, false));
  check();
  EXPECT_EQ(totals_.threads_stopped, 2u);
  EXPECT_FALSE(leaked(1));
  EXPECT_FALSE(leaked(2));
}

TEST_F(LeakCheckTest, what_an_ended_thread_has_left_on_its_stack_does_not_count) {
  const Hidden block = fake_.allocate(16, 1);
  std::thread([block] {
    alignas(8) char local[sizeof(Address)];
    point(local, block);
    asm volatile("" : : "r"(local) : "memory");
  }).join();
  check();
  EXPECT_TRUE(leaked(1));
}

enum class Register : std::uint8_t { general, vector };

/// Spins with the address in one register and nowhere else.
[[gnu::noinline, gnu::no_sanitize_address]] void spin_holding(Register where, Address hidden,
                                                              std::atomic<int>& ready,
                                                              std::atomic<int>& end) {
  if (where == Register::general)
    asm volatile(
        "mov %[hidden], %%r13\n\t"
        "not %%r13\n\t"
        "movl $1, (%[ready])\n"
        "1: pause\n\t"
        "cmpl $0, (%[end])\n\t"
        "je 1b\n\t"
        "xor %%r13d, %%r13d"
        :
        : [hidden] "r"(hidden), [ready] "r"(&ready), [end] "r"(&end)
        : "r13", "cc", "memory");
  else
    asm volatile(
        "mov %[hidden], %%r13\n\t"
        "not %%r13\n\t"
        "movq %%r13, %%xmm9\n\t"
        "xor %%r13d, %%r13d\n\t"
        "movl $1, (%[ready])\n"
        "1: pause\n\t"
        "cmpl $0, (%[end])\n\t"
        "je 1b\n\t"
        "pxor %%xmm9, %%xmm9"
        :
        : [hidden] "r"(hidden), [ready] "r"(&ready), [end] "r"(&end)
        : "r13", "xmm9", "cc", "memory");
}

TEST_F(LeakCheckTest, only_in_a_register_of_a_thread_that_computes) {
  for (const Register where : {Register::general, Register::vector}) {
    fake_.free_all();
    const Hidden block = fake_.allocate(16, 1);
    Waiting thread([=](std::atomic<int>& ready, std::atomic<int>& end) {
      spin_holding(where, block.inverted, ready, end);
    });
    check();
    EXPECT_EQ(totals_.threads_stopped, 1u);
    EXPECT_FALSE(leaked(1));
    thread.finish();
    check();
    EXPECT_TRUE(leaked(1));
  }
}

TEST_F(LeakCheckTest, a_thread_that_blocks_all_signals_is_told_and_its_stack_counts) {
  const Hidden block = fake_.allocate(16, 1);
  fake_.allocate(16, 2);
  Waiting thread([block](std::atomic<int>& ready, std::atomic<int>& end) {
    const std::uint64_t all = ~std::uint64_t{0};
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
    alignas(8) char local[sizeof(Address)];
    point(local, block);
    asm volatile("" : : "r"(local) : "memory");
    ready.store(1);
    while (end.load() == 0) ::usleep(500);
    asm volatile("" : : "r"(local) : "memory");
  });
  settings_.patience_ms = 10;
  check();
  EXPECT_EQ(totals_.obstacle, LeakObstacle::threads_left_running);
  EXPECT_EQ(totals_.threads_left_running, 1u);
  EXPECT_FALSE(could_not_tell(totals_.obstacle));
  EXPECT_FALSE(leaked(1));
  EXPECT_TRUE(leaked(2));
}

TEST_F(LeakCheckTest, without_a_signal_threads_run_on_which_is_told) {
  Waiting thread([](std::atomic<int>& ready, std::atomic<int>& end) {
    ready.store(1);
    while (end.load() == 0) ::usleep(500);
  });
  settings_.signal = SIGKILL;
  settings_.patience_ms = 10;
  check();
  EXPECT_EQ(totals_.obstacle, LeakObstacle::no_signal);
  EXPECT_EQ(totals_.threads_stopped, 0u);
  EXPECT_FALSE(could_not_tell(totals_.obstacle));
}

TEST_F(LeakCheckTest, threads_come_and_go_meanwhile) {
  std::atomic<bool> end{false};
  std::vector<std::thread> parents;
  for (int i = 0; i < 3; ++i)
    parents.emplace_back([&] {
      while (!end.load()) std::thread([] {}).join();
    });
  point(global, fake_.allocate(16, 1));
  fake_.allocate(16, 2);
  for (int round = 0; round < 10; ++round) {
    check();
    EXPECT_EQ(totals_.obstacle, LeakObstacle::none);
    EXPECT_FALSE(leaked(1));
    EXPECT_TRUE(leaked(2));
  }
  end.store(true);
  for (std::thread& parent : parents) parent.join();
}

TEST_F(LeakCheckTest, direct_and_indirect_amounts_by_stack) {
  const Hidden head = fake_.allocate(100, 7);
  const Hidden tail = fake_.allocate(50, 8);
  const Hidden other = fake_.allocate(30, 7);
  link(head, tail);
  link(tail, other);
  for (int i = 0; i < 3; ++i) fake_.allocate(1000, 9);
  check();
  EXPECT_EQ(order_, (std::vector<StackId>{9, 7, 8}));
  EXPECT_EQ(sites_[9].direct.bytes, 3000u);
  EXPECT_EQ(sites_[9].direct.objects, 3u);
  EXPECT_EQ(sites_[7].direct.bytes, 100u);
  EXPECT_EQ(sites_[7].indirect.bytes, 30u);
  EXPECT_EQ(sites_[7].indirect.objects, 1u);
  EXPECT_EQ(sites_[7].example, head.inverted);
  EXPECT_EQ(sites_[8].direct.objects, 0u);
  EXPECT_EQ(sites_[8].indirect.bytes, 50u);
  EXPECT_EQ(totals_.direct.bytes, 3100u);
  EXPECT_EQ(totals_.indirect.bytes, 80u);
}

TEST_F(LeakCheckTest, suppressed_leaks_and_what_hangs_from_them) {
  const Hidden head = fake_.allocate(100, 7);
  link(head, fake_.allocate(50, 8));
  fake_.allocate(10, 8);
  settings_.suppressed = [](void*, StackId stack) { return stack == 7; };
  check();
  EXPECT_FALSE(leaked(7));
  ASSERT_TRUE(leaked(8));
  EXPECT_EQ(sites_[8].direct.bytes, 10u);
  EXPECT_EQ(sites_[8].indirect.bytes, 0u);
  EXPECT_EQ(totals_.suppressed.bytes, 150u);
  EXPECT_EQ(totals_.suppressed.objects, 2u);
  settings_.suppressed = [](void*, StackId) { return true; };
  check();
  EXPECT_FALSE(totals_.leaks());
  settings_.suppressed = [](void*, StackId) { return false; };
  check();
  EXPECT_EQ(totals_.suppressed.objects, 0u);
  EXPECT_EQ(totals_.indirect.bytes, 50u);
}

TEST_F(LeakCheckTest, ignored_blocks_keep_what_they_point_to) {
  const Hidden head = fake_.allocate(16, 1);
  link(head, fake_.allocate(16, 2));
  fake_.allocate(16, 3);
  const Hidden by_address = fake_.allocate(16, 4);
  link(by_address, fake_.allocate(16, 5));
  settings_.ignored = [](void*, const BlockFacts& facts) { return facts.allocated == 1; };
  ASSERT_TRUE(ignore_block(fake_.facts(3)));
  check();
  EXPECT_EQ(order_, std::vector<StackId>{3});
  forget_ignored_block(fake_.facts(3));
  settings_.ignored = nullptr;
  check();
  EXPECT_EQ(totals_.direct.objects, 3u);
  EXPECT_EQ(totals_.indirect.objects, 2u);
}

TEST_F(LeakCheckTest, root_regions_count_wherever_they_lie) {
  const MappedMemory memory(4096);
  std::vector<Region> regions(fake_.left_out().begin(), fake_.left_out().end());
  regions.push_back(memory.region());
  settings_.left_out = regions;
  point(memory.data(), fake_.allocate(16, 1));
  check();
  EXPECT_TRUE(leaked(1));
  ASSERT_TRUE(add_root_region(memory.region()));
  check();
  EXPECT_FALSE(leaked(1));
  ASSERT_TRUE(remove_root_region(memory.region()));
  check();
  EXPECT_TRUE(leaked(1));
}

TEST_F(LeakCheckTest, the_programs_own_mappings_count) {
  const MappedMemory memory(4096);
  point(memory.data(), fake_.allocate(16, 1));
  check();
  EXPECT_FALSE(leaked(1));
}

TEST_F(LeakCheckTest, what_it_needs_to_be_at_rest_is_held_around) {
  struct Holder {
    int held = 0;
    int times = 0;
  } holder;
  settings_.context = &holder;
  settings_.hold = [](void* to) { ++static_cast<Holder*>(to)->held; };
  settings_.let_go = [](void* to) {
    --static_cast<Holder*>(to)->held;
    ++static_cast<Holder*>(to)->times;
  };
  settings_.ignored = [](void* to, const BlockFacts&) {
    EXPECT_EQ(static_cast<Holder*>(to)->held, 1);
    return false;
  };
  settings_.suppressed = [](void* to, StackId) {
    EXPECT_EQ(static_cast<Holder*>(to)->held, 0);
    return false;
  };
  fake_.allocate(16, 1);
  check();
  EXPECT_TRUE(leaked(1));
  EXPECT_EQ(holder.held, 0);
  EXPECT_EQ(holder.times, 1);
}

TEST_F(LeakCheckTest, many_blocks_in_a_list) {
  Hidden last = fake_.allocate(32, 1);
  point(global, last);
  for (int i = 0; i < 90'000; ++i) {
    const Hidden next = fake_.allocate(32, 1);
    link(last, next);
    last = next;
  }
  check();
  EXPECT_FALSE(totals_.leaks());
  std::memset(global, 0, sizeof global);
  check();
  EXPECT_EQ(sites_[1].direct.objects, 1u);
  EXPECT_EQ(sites_[1].indirect.objects, 90'000u);
}

TEST_F(LeakCheckTest, in_a_forked_child_of_a_process_with_threads) {
  point(global, fake_.allocate(16, 1));
  fake_.allocate(16, 2);
  Waiting thread([](std::atomic<int>& ready, std::atomic<int>& end) {
    ready.store(1);
    while (end.load() == 0) ::usleep(500);
  });
  const pid_t child = ::fork();
  if (child == 0) {
    check();
    ::_exit(!leaked(1) && leaked(2) && totals_.threads_stopped == 0 &&
                    totals_.obstacle == LeakObstacle::none
                ? 0
                : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(LeakCheckTest, without_memory_to_check_in_nothing_is_told) {
  fake_.allocate(16, 1);
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_AS, &none);
    const LeakTotals totals = check_leaks(settings_, [](void*, const LeakSite&) {}, nullptr);
    ::_exit(totals.obstacle == LeakObstacle::no_memory && !totals.leaks() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(LeakObstacles, are_described_and_some_leave_no_answer) {
  for (int i = 0; i <= static_cast<int>(LeakObstacle::memory_unreadable); ++i)
    EXPECT_STRNE(describe(static_cast<LeakObstacle>(i)), "") << i;
  EXPECT_FALSE(could_not_tell(LeakObstacle::none));
  EXPECT_FALSE(could_not_tell(LeakObstacle::blocks_changed));
  EXPECT_TRUE(could_not_tell(LeakObstacle::no_memory));
  EXPECT_TRUE(could_not_tell(LeakObstacle::memory_unreadable));
}

}  // namespace
}  // namespace arenite
