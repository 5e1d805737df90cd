// SPDX-License-Identifier: MIT
#include "debug/stacks/modules.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/loaded_objects.hpp"
#include "os/build_id.hpp"

namespace arenite {
namespace {

class ModulesTest : public testing::Test {
 protected:
  void SetUp() override { prepare_objects(); }
};

const auto kLibcFunction = reinterpret_cast<Address>(&::a64l);

Address own_function() {
  return reinterpret_cast<Address>(&own_function);
}

TEST_F(ModulesTest, AFunctionOfLibc) {
  errno = 4711;
  ModuleFrame frame;
  ASSERT_TRUE(find_module(kLibcFunction, frame));
  Dl_info info;
  ASSERT_NE(::dladdr(reinterpret_cast<void*>(kLibcFunction), &info), 0);
  EXPECT_STREQ(frame.path, info.dli_fname);
  EXPECT_NE(std::string(frame.path).find("libc"), std::string::npos);
  EXPECT_EQ(frame.offset, kLibcFunction - reinterpret_cast<Address>(info.dli_fbase));
  EXPECT_EQ(frame.begin, reinterpret_cast<Address>(info.dli_fbase));
  EXPECT_GT(frame.end, kLibcFunction);
  EXPECT_EQ(frame.build_id_bytes, 20u);
  EXPECT_STREQ(module_path_of(kLibcFunction), info.dli_fname);
  EXPECT_EQ(errno, 4711);
}

TEST_F(ModulesTest, AFunctionOfTheExecutable) {
  ModuleFrame frame;
  ASSERT_TRUE(find_module(own_function(), frame));
  char path[4096] = {};
  ASSERT_GT(::readlink("/proc/self/exe", path, sizeof path - 1), 0);
  EXPECT_STREQ(frame.path, path);
  EXPECT_STREQ(module_path_of(own_function()), path);
  std::uint8_t build_id[64] = {};
  const std::size_t length = own_build_id(build_id, sizeof build_id);
  ASSERT_EQ(frame.build_id_bytes, length);
  EXPECT_EQ(std::memcmp(frame.build_id, build_id, length), 0);
}

TEST_F(ModulesTest, TheKernelsObject) {
  const Address begin = ::getauxval(AT_SYSINFO_EHDR);
  if (begin == 0) GTEST_SKIP() << "no vDSO here";
  ModuleFrame frame;
  ASSERT_TRUE(find_module(begin + 64, frame));
  EXPECT_NE(std::string(frame.path).find("vdso"), std::string::npos);
  EXPECT_EQ(frame.offset, 64u);
}

TEST_F(ModulesTest, NothingElseIsAModule) {
  ModuleFrame frame;
  const auto heap = std::make_unique<int>(1);
  void* mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (const Address at :
       {Address{0}, ~Address{0}, Address{1} << 63, reinterpret_cast<Address>(&frame),
        reinterpret_cast<Address>(heap.get()), reinterpret_cast<Address>(mapped)}) {
    EXPECT_FALSE(find_module(at, frame)) << at;
    EXPECT_EQ(module_path_of(at), nullptr) << at;
  }
  ::munmap(mapped, 4096);
}

using Bytes = std::vector<std::uint8_t>;

/// The build id of the module whose notes are of a kind.
Bytes build_id_of(const std::string& notes) {
  const std::string path = ARENITE_STACKS_MODULES "/notes_" + notes + ".so";
  void* const module = ::dlopen(path.c_str(), RTLD_NOW);
  EXPECT_NE(module, nullptr) << ::dlerror();
  if (module == nullptr) return {};
  ModuleFrame frame;
  EXPECT_TRUE(find_module(reinterpret_cast<Address>(::dlsym(module, "in_module")), frame));
  EXPECT_EQ(frame.path, path);
  const Bytes id(frame.build_id, frame.build_id + frame.build_id_bytes);
  ::dlclose(module);
  return id;
}

TEST_F(ModulesTest, ABuildIdIsLookedForAmongAllNotes) {
  EXPECT_EQ(build_id_of("none"), Bytes());
  EXPECT_EQ(build_id_of("behind_others"), (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(build_id_of("in_two_segments"), (Bytes{7, 8, 9}));
  EXPECT_EQ(build_id_of("of_two_alignments"), (Bytes{7, 8, 9}));
  EXPECT_EQ(build_id_of("of_eight"), Bytes(16, 0x77));
}

TEST_F(ModulesTest, ABuildIdThatIsTooLongIsCut) {
  EXPECT_EQ(build_id_of("that_are_long"), Bytes(ModuleFrame::kMostBuildIdBytes, 0x55));
}

TEST_F(ModulesTest, ANoteThatIsCutOffIsNone) {
  EXPECT_EQ(build_id_of("cut_off"), Bytes());
}

TEST_F(ModulesTest, EveryObjectIsFoundBothWays) {
  const auto table = std::make_unique<ObjectTable>();
  LoadedObject object;
  EXPECT_FALSE(table->find(own_function(), object));
  table->refresh();
  table->refresh();
  struct Seen {
    const ObjectTable* table;
    unsigned objects;
  } seen{table.get(), 0};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        auto* to = static_cast<Seen*>(context);
        ++to->objects;
        for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
          if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
          const Address at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + 1;
          LoadedObject by_table, by_loader;
          EXPECT_TRUE(to->table->find(at, by_table));
          EXPECT_TRUE(find_object(at, by_loader));
          EXPECT_EQ(by_table.bias, by_loader.bias);
          EXPECT_EQ(by_table.frame_table, by_loader.frame_table);
          EXPECT_STREQ(by_table.name, by_loader.name);
          EXPECT_EQ(by_table.header_count, by_loader.header_count) << by_table.name;
          EXPECT_TRUE(by_loader.readable_around(at).holds(at));
          EXPECT_TRUE(by_table.readable_around(at).holds(at));
        }
        return 0;
      },
      &seen);
  EXPECT_EQ(table->size(), seen.objects);
  EXPECT_FALSE(table->find(0, object));
  EXPECT_FALSE(table->find(reinterpret_cast<Address>(&object), object));
}

}  // namespace
}  // namespace arenite
