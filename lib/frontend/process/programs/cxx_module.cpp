// SPDX-License-Identifier: MIT
// A module in C++, with objects that live as long as it is loaded, and in each thread.
#include <cstddef>
#include <new>
#include <string>
#include <vector>

namespace {

std::vector<std::string> global(100, std::string(100, 'g'));
thread_local std::vector<std::string> of_thread(100, std::string(100, 't'));

/// Not to be seen through, so that the compiler lets the request be made.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

}  // namespace

extern "C" {

void* module_new(std::size_t size) {
  return ::operator new(size);
}
void module_delete(void* block) {
  ::operator delete(block);
}
std::size_t module_strings() {
  return global.size() + of_thread.size();
}
/// 1 if a request that cannot be met throws std::bad_alloc, and after the new-handler had its say.
int module_catches_bad_alloc() {
  static int called = 0;
  called = 0;
  std::set_new_handler([] {
    if (++called == 3) std::set_new_handler(nullptr);
  });
  try {
    ::operator delete(::operator new(opaque(static_cast<std::size_t>(-1) / 2)));
    return 2;
  } catch (const std::bad_alloc&) {
    return called == 3 ? 1 : 3;
  }
}
}
