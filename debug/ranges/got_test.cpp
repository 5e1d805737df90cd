// SPDX-License-Identifier: MIT
// Slots of real modules: which are written, which are left alone, and that they come back.
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "debug/ranges/fake_blocks.hpp"
#include "debug/ranges/module.hpp"

namespace {

std::atomic<int> own_memfrobs{0};

}  // namespace

/// What the program itself defines is what the whole process calls.
extern "C" [[gnu::visibility("default")]] void* memfrob(void* bytes, std::size_t) noexcept {
  ++own_memfrobs;
  return bytes;
}

namespace arenite {
namespace {

using Size = std::size_t;

class LoadedTestModule {
 public:
  explicit LoadedTestModule(const std::string& name, int mode = RTLD_LAZY)
      : handle_(::dlopen((std::string(ARENITE_RANGES_MODULES) + "/" + name).c_str(), mode)) {
    EXPECT_NE(handle_, nullptr) << ::dlerror();
  }
  ~LoadedTestModule() { ::dlclose(handle_); }
  LoadedTestModule(const LoadedTestModule&) = delete;
  LoadedTestModule& operator=(const LoadedTestModule&) = delete;

  template <class Function>
  Function* function(const char* name) const {
    void* const found = ::dlsym(handle_, name);
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function*>(found);
  }

  Size length_of(const char* text) const { return function<Size(const char*)>("length_of")(text); }
  void* copy(void* to, const void* from, Size bytes) const {
    return function<void*(void*, const void*, Size)>("copy")(to, from, bytes);
  }

 private:
  void* handle_;
};

/// Of the lines of /proc/self/maps that name a test's module, the addresses and permissions.
std::string permissions() {
  std::ifstream maps("/proc/self/maps");
  std::ostringstream found;
  for (std::string line; std::getline(maps, line);)
    if (line.find("ranges_") != std::string::npos) found << line << '\n';
  return found.str();
}

struct Region {
  Address begin, end;
};

/// What of a test's module is made read-only once it is loaded.
Region relro_of(std::string_view name) {
  struct State {
    std::string_view name;
    Region found;
  } state{name, {0, 0}};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        State& wanted = *static_cast<State*>(context);
        const LoadedModule module(*info);
        if (std::string_view(info->dlpi_name).ends_with(wanted.name))
          wanted.found = {module.relro_begin(), module.relro_end()};
        return 0;
      },
      &state);
  return state.found;
}

class Slots : public FakeBlocks {
 protected:
  Slots() { EXPECT_TRUE(add_range_functions(*redirector_)); }
  ~Slots() override { redirector_->undo(); }

  bool is_wrapped(const LoadedTestModule& module) {
    char* const cut = unterminated("abc");
    EXPECT_EQ(module.length_of(cut), 3u);
    const auto faults = take_faults();
    return !faults.empty();
  }

  std::unique_ptr<Redirector> redirector_ = std::make_unique<Redirector>();
};

constexpr const char* kModules[] = {"ranges_lazy.so", "ranges_now.so", "ranges_no_relro.so",
                                    "ranges_no_plt.so"};

TEST_F(Slots, of_modules_loaded_before_the_pass) {
  for (const char* name : kModules) {
    const LoadedTestModule module(name);
    EXPECT_FALSE(is_wrapped(module)) << name;
    const std::string before = permissions();
    const auto outcome = redirector_->pass();
    EXPECT_EQ(outcome.refused, 0u);
    EXPECT_GE(outcome.slots, 2u) << name;
    EXPECT_TRUE(is_wrapped(module)) << name;
    EXPECT_EQ(permissions(), before) << name;
    redirector_->undo();
    EXPECT_FALSE(is_wrapped(module)) << name;
    EXPECT_EQ(permissions(), before) << name;
  }
}

TEST_F(Slots, are_written_again_after_an_undo) {
  const LoadedTestModule module("ranges_now.so");
  for (int round = 0; round < 3; ++round) {
    EXPECT_GE(redirector_->pass().slots, 2u);
    EXPECT_TRUE(is_wrapped(module));
    EXPECT_GE(redirector_->undo().slots, 2u);
    EXPECT_FALSE(is_wrapped(module));
  }
}

/// As another thread that loads it leaves it for a moment: what is to be read-only can still be
/// written.
TEST_F(Slots, of_a_module_that_is_still_being_loaded_are_left_to_the_next_pass) {
  redirector_->pass();
  const LoadedTestModule module("ranges_now.so");
  const LoadedTestModule other("ranges_no_relro.so");
  const Region relro = relro_of("ranges_now.so");
  ASSERT_NE(relro.begin, relro.end);
  void* const begin = reinterpret_cast<void*>(relro.begin);
  ASSERT_EQ(::mprotect(begin, relro.end - relro.begin, PROT_READ | PROT_WRITE), 0);
  for (int round = 0; round < 2; ++round) {
    redirector_->pass();
    EXPECT_FALSE(is_wrapped(module));
    EXPECT_TRUE(is_wrapped(other));
  }
  ASSERT_EQ(::mprotect(begin, relro.end - relro.begin, PROT_READ), 0);
  redirector_->pass();
  EXPECT_TRUE(is_wrapped(module));
  EXPECT_EQ(redirector_->pass().modules, 0u);
}

TEST_F(Slots, that_were_never_called_through) {
  for (const char* name : kModules) {
    const LoadedTestModule module(name);
    redirector_->pass();
    EXPECT_TRUE(is_wrapped(module)) << name;
    char to[4];
    EXPECT_EQ(module.copy(to, "abc", 4), to);
    EXPECT_STREQ(to, "abc");
    redirector_->undo();
    EXPECT_EQ(module.copy(to, "xyz", 4), to);
    EXPECT_STREQ(to, "xyz");
    EXPECT_FALSE(is_wrapped(module)) << name;
  }
}

TEST_F(Slots, a_later_pass_looks_at_new_modules_alone) {
  redirector_->pass();
  const auto nothing_new = redirector_->pass();
  EXPECT_EQ(nothing_new.modules, 0u);
  EXPECT_EQ(nothing_new.slots, 0u);
  const LoadedTestModule first("ranges_now.so");
  EXPECT_FALSE(is_wrapped(first));
  EXPECT_EQ(redirector_->pass().modules, 1u);
  EXPECT_TRUE(is_wrapped(first));
  {
    const LoadedTestModule second("ranges_lazy.so");
    EXPECT_EQ(redirector_->pass().modules, 1u);
    EXPECT_TRUE(is_wrapped(second));
  }
  // Loaded again, maybe where it was.
  const LoadedTestModule second("ranges_lazy.so");
  EXPECT_FALSE(is_wrapped(second));
  EXPECT_GT(redirector_->pass().modules, 1u);
  EXPECT_TRUE(is_wrapped(second));
  EXPECT_TRUE(is_wrapped(first));
}

TEST_F(Slots, of_names_that_others_define_are_left_alone) {
  for (const char* name : kModules) {
    const LoadedTestModule module(name);
    // Whichever it is that the module gets.
    char* const answer = module.function<char*(const char*)>("call_own_strpbrk")("abc");
    redirector_->pass();
    char bytes[2] = "x";
    const int before = own_memfrobs;
    module.function<void*(void*, Size)>("call_memfrob")(bytes, 1);
    EXPECT_EQ(own_memfrobs, before + 1) << name;
    EXPECT_STREQ(bytes, "x");
    EXPECT_EQ(module.function<char*(const char*)>("call_own_strpbrk")("abc"), answer) << name;
    redirector_->undo();
  }
}

TEST_F(Slots, an_address_that_is_taken_leads_to_the_wrapper) {
  const LoadedTestModule module("ranges_now.so");
  redirector_->pass();
  auto* const set = reinterpret_cast<void* (*)(void*, int, Size)>(
      module.function<void*()>("address_of_memset")());
  char* const block = allocate(4);
  set(block, 1, 5);
  const auto faults = take_faults();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_STREQ(faults[0].function, "memset");
}

TEST_F(Slots, of_the_program_itself) {
  redirector_->pass();
  char* const cut = unterminated("abc");
  // The compiler must neither know the text nor the function.
  const char* volatile text = cut;
  const Size length = ::strlen(text);
  redirector_->undo();
  EXPECT_EQ(length, 3u);
  expect_fault("strlen", Fault::heap_buffer_overflow, Access::read, cut, cut + 3, 4);
}

TEST_F(Slots, errno_stays) {
  errno = 42;
  redirector_->pass();
  const int after = errno;
  EXPECT_EQ(after, 42);
}

TEST_F(Slots, are_written_while_others_call_through_them) {
  const LoadedTestModule module("ranges_now.so");
  const LoadedTestModule lazy("ranges_lazy.so");
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      const auto length = (i % 2 == 0 ? module : lazy).function<Size(const char*)>("length_of");
      while (!done)
        if (length("abcdef") != 6) ++wrong;
    });
  threads.emplace_back([&] {
    while (!done) {
      const LoadedTestModule comes_and_goes("ranges_no_plt.so");
      redirector_->pass();
    }
  });
  for (int round = 0; round < 200; ++round) {
    redirector_->pass();
    redirector_->undo();
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  redirector_->pass();
  EXPECT_TRUE(is_wrapped(module));
  EXPECT_TRUE(is_wrapped(lazy));
}

TEST_F(Slots, of_any_function_and_the_original) {
  Redirector own{};
  static std::atomic<void*> original{nullptr};
  static std::atomic<void*> none{nullptr};
  static int calls = 0;
  using Length = Size(const char*);
  Length* const replacement = [](const char* text) {
    // The test program itself calls it, too.
    if (text[0] == '#') ++calls;
    return reinterpret_cast<Length*>(original.load())(text) + (text[0] == '#' ? 100 : 0);
  };
  EXPECT_TRUE(own.add("strlen", reinterpret_cast<void*>(replacement), &original));
  EXPECT_TRUE(own.add("no_such_function", reinterpret_cast<void*>(replacement), &none));
  EXPECT_FALSE(own.add("strlen", reinterpret_cast<void*>(replacement), &original));
  const LoadedTestModule module("ranges_now.so");
  own.pass();
  EXPECT_EQ(module.length_of("#ab"), 103u);
  EXPECT_EQ(calls, 1);
  own.undo();
  EXPECT_EQ(none.load(), nullptr);
  EXPECT_EQ(original.load(), ::dlsym(RTLD_NEXT, "strlen"));
  EXPECT_EQ(module.length_of("#ab"), 3u);
}

TEST(Redirector, takes_names_up_to_its_limit) {
  const auto own = std::make_unique<Redirector>();
  std::vector<std::string> names;
  for (Size i = 0; i <= Redirector::kMaxNames; ++i) names.push_back("name" + std::to_string(i));
  for (Size i = 0; i < Redirector::kMaxNames; ++i)
    EXPECT_TRUE(own->add(names[i], nullptr, nullptr));
  EXPECT_FALSE(own->add(names[Redirector::kMaxNames], nullptr, nullptr));
}

}  // namespace
}  // namespace arenite
