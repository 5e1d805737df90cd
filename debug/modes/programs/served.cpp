// SPDX-License-Identifier: MIT
// What the layer does for programs that call it: memory resources with a family of their own, and
// the functions of a sanitizer. Linked with the library.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <arenite/debug.h>
#include <arenite/memory_resource.hpp>

extern "C" {
void __sanitizer_set_report_fd(void* descriptor);
void __sanitizer_print_stack_trace();
int __sanitizer_get_module_and_offset_for_pc(void* pc, char* path, std::size_t bytes,
                                             void** offset);
void __sanitizer_purge_allocator();
void __lsan_do_leak_check();
void __lsan_register_root_region(const void* begin, std::size_t bytes);
void __lsan_unregister_root_region(const void* begin, std::size_t bytes);
}

namespace {

/// Not to be seen through by the compiler.
void free_block(void* block) {
  asm volatile("" : "+r"(block));
  arn_free(block);
}

void resource_right() {
  std::pmr::vector<std::pmr::string> texts(arenite::default_resource());
  for (int i = 0; i < 1000; ++i) texts.emplace_back(static_cast<std::size_t>(i), 'x');
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    std::pmr::memory_resource* resource = arenite::default_resource();
    void* block = resource->allocate(40, alignment);
    if (reinterpret_cast<std::uintptr_t>(block) % alignment != 0) abort();
    resource->deallocate(block, 40, alignment);
  }
  if (arn_resource_allocate(40, 48) != nullptr) abort();
  arn_resource_deallocate(nullptr, 40, 8);
}
void resource_to_free() {
  free_block(arenite::default_resource()->allocate(40));
}
void block_to_resource() {
  arenite::default_resource()->deallocate(arn_malloc(40), 40);
}
void resource_of_other_size() {
  arenite::default_resource()->deallocate(arenite::default_resource()->allocate(40), 24);
}
void resource_of_other_alignment() {
  std::pmr::memory_resource* resource = arenite::default_resource();
  resource->deallocate(resource->allocate(40, 32), 40, 1 << 20);
}
void deleted_as_other_size() {
  void* block = ::operator new(40);
  asm volatile("" : "+r"(block));
  ::operator delete(block, std::size_t{24});
}
void deleted_as_other_alignment() {
  void* block = ::operator new(40, std::align_val_t{32});
  asm volatile("" : "+r"(block));
  ::operator delete(block, std::align_val_t{64});
}
/// The report of a double free goes to the file named by the environment.
void report_elsewhere() {
  const int file = ::open(getenv("REPORT"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  __sanitizer_set_report_fd(reinterpret_cast<void*>(static_cast<std::intptr_t>(file)));
  void* block = arn_malloc(40);
  free_block(block);
  free_block(block);
}

void stack_trace() {
  __sanitizer_print_stack_trace();
}

/// Where main lies, as the C library says, and as the library does.
void module_and_offset() {
  Dl_info main_in;
  if (dladdr(reinterpret_cast<void*>(&free_block), &main_in) == 0) abort();
  char path[4096];
  void* offset = nullptr;
  auto* pc = reinterpret_cast<char*>(&free_block);
  if (__sanitizer_get_module_and_offset_for_pc(pc, path, sizeof path, &offset) != 1) abort();
  if (pc - static_cast<char*>(main_in.dli_fbase) != reinterpret_cast<std::intptr_t>(offset))
    abort();
  std::puts(path);
  char cut[5];
  if (__sanitizer_get_module_and_offset_for_pc(pc, cut, sizeof cut, &offset) != 1) abort();
  std::puts(cut);
  if (__sanitizer_get_module_and_offset_for_pc(&offset, path, sizeof path, &offset) != 0) abort();
}

/// How many of the blocks that were freed are still known.
int known_of(const std::vector<void*>& freed, int nowhere) {
  int known = 0;
  for (void* block : freed) known += arn_describe(block, nowhere);
  return known;
}
void purge() {
  const int nowhere = ::open("/dev/null", O_WRONLY);
  std::vector<void*> blocks(1000);
  for (void*& block : blocks) block = arn_malloc(500);
  for (void* block : blocks) arn_free(block);
  std::printf("before %d, ", known_of(blocks, nowhere));
  __sanitizer_purge_allocator();
  std::printf("after %d\n", known_of(blocks, nowhere));
}

/// The only pointer to a block, where no program writes.
void** hide_block() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<void**>(page) = arn_malloc(40);
  mprotect(page, 4096, PROT_READ);
  return static_cast<void**>(page);
}
void forget() {
  volatile char wiped[4096];
  for (volatile char& byte : wiped) byte = 0;
}
void root_region() {
  void** page = hide_block();
  __lsan_register_root_region(page, 4096);
  forget();
  __lsan_do_leak_check();
  std::puts("no leak");
  std::fflush(stdout);
  __lsan_unregister_root_region(page, 4096);
  forget();
  __lsan_do_leak_check();
  std::puts("not reached");
}

struct Case {
  std::string_view name;
  void (*run)();
};

constexpr Case kCases[] = {
    {"resource_right", resource_right},
    {"resource_to_free", resource_to_free},
    {"block_to_resource", block_to_resource},
    {"resource_of_other_size", resource_of_other_size},
    {"resource_of_other_alignment", resource_of_other_alignment},
    {"deleted_as_other_size", deleted_as_other_size},
    {"deleted_as_other_alignment", deleted_as_other_alignment},
    {"report_elsewhere", report_elsewhere},
    {"stack_trace", stack_trace},
    {"module_and_offset", module_and_offset},
    {"purge", purge},
    {"root_region", root_region},
};

}  // namespace

int main(int, char** argv) {
  for (const Case& each : kCases)
    if (each.name == argv[1]) return each.run(), 0;
  return 64;
}
