// SPDX-License-Identifier: MIT
// Requests that nobody can serve: null and ENOMEM, or bad_alloc; what was there stays as it was.
#include <malloc.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "sum.h"

namespace {

volatile std::size_t most = PTRDIFF_MAX;

void add_failure(const void* block) {
  add(block == nullptr);
  add(static_cast<std::uint64_t>(errno));
  errno = 0;
}

template <typename Function>
void add_throw(Function function) {
  try {
    function();
    add(1);
  } catch (const std::bad_alloc&) {
    add(2);
  } catch (const std::length_error&) {
    add(3);
  }
}

}  // namespace

int main() {
  errno = 0;
  for (int i = 0; i < 100; ++i) {
    add_failure(std::malloc(most));
    add_failure(std::malloc(most * 2 + 1));
    add_failure(std::malloc(most - 100000));
    add_failure(std::calloc(most, 3));
    add_failure(std::calloc(most / 2, 4));
    add_failure(reallocarray(nullptr, most, 16));
    add_failure(std::aligned_alloc(4096, most - 4095));
    void* block = nullptr;
    add(static_cast<std::uint64_t>(posix_memalign(&block, 64, most)));
    add(block == nullptr);
    char* kept = strdup("stays as it was");
    add_failure(std::realloc(kept, most));
    add_bytes(kept, std::strlen(kept));
    std::free(kept);
    add_throw([] { ::operator delete(::operator new(most)); });
    add_throw([] { ::operator delete[](::operator new[](most, std::align_val_t{256})); });
    add_throw([] { std::string text(most - 100, 'x'); });
    add_throw([] { std::vector<double> many(most / 9); });
    add(::operator new(most, std::nothrow) == nullptr);
    errno = 0;
  }
  return print_sum();
}
