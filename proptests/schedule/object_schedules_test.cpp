// SPDX-License-Identifier: MIT
// The table of loaded objects: who looks while it changes finds an object whole, or nothing.
#include <dlfcn.h>
#include <link.h>

#include "debug/stacks/loaded_objects.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

/// What the loader says in a run: one object, whose bias and end tell its generation.
Address generation = 1;

}  // namespace
}  // namespace arenite::schedule

/// In front of the loader's own, for the whole program.
extern "C" int dl_iterate_phdr(int (*visit)(dl_phdr_info*, std::size_t, void*), void* data) {
  using arenite::schedule::generation;
  if (arenite::schedule::Run::under_way() == nullptr) {
    using Real = int (*)(int (*)(dl_phdr_info*, std::size_t, void*), void*);
    static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "dl_iterate_phdr"));
    return real(visit, data);
  }
  Elf64_Phdr headers[2] = {};
  headers[0].p_type = PT_LOAD;
  headers[0].p_vaddr = 0x10000 - generation * 0x100;
  headers[0].p_memsz = 0x1000 + generation;
  headers[1].p_type = PT_GNU_EH_FRAME;
  headers[1].p_vaddr = 0x500;
  dl_phdr_info info{};
  info.dlpi_addr = generation * 0x100;
  info.dlpi_name = "object";
  info.dlpi_phdr = headers;
  info.dlpi_phnum = 2;
  return visit(&info, sizeof info, data);
}

namespace arenite::schedule {
namespace {

ObjectTable table;

void find_whole(Address before, Address after) {
  LoadedObject object;
  if (!table.find(0x10010, object)) return;
  const Address seen = object.bias / 0x100;
  check(seen == before || seen == after, "an object of no generation");
  check(object.begin == 0x10000 && object.end == 0x11000 + seen &&
            object.frame_table == seen * 0x100 + 0x500 && object.header_count == 2,
        "half of one object and half of another");
}

TEST(ObjectSchedules, AreFoundWholeOrNotAtAll) {
  expect_clean({[] {
                  generation = 1;
                  table.refresh();
                  generation = 2;
                },
                {[] { table.refresh(); }, [] { find_whole(1, 2); }},
                [] { find_whole(2, 2); }},
               {.bound = 4});
}

TEST(ObjectSchedules, AreRefreshedByOneAtATime) {
  expect_clean({[] {
                  generation = 1;
                  table.refresh();
                  generation = 2;
                },
                {[] { table.refresh(); }, [] { table.refresh(); }, [] { find_whole(1, 2); }},
                [] { find_whole(2, 2); }},
               {.bound = 1});
}

}  // namespace
}  // namespace arenite::schedule
