// SPDX-License-Identifier: MIT
// What the layer does for programs that call it: memory resources with a family of their own, and
// the functions of a sanitizer. Linked with the library.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <arenite/memory_resource.hpp>

extern "C" void __sanitizer_set_report_fd(void* descriptor);

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
};

}  // namespace

int main(int, char** argv) {
  for (const Case& each : kCases)
    if (each.name == argv[1]) return each.run(), 0;
  return 64;
}
