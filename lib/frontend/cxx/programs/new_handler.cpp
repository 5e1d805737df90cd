// SPDX-License-Identifier: MIT
// A new-handler that gives memory up makes each form of operator new succeed: the system refuses
// what is asked for until the ballast is free.
#include <sys/resource.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <string>

#include "frontend/process/programs/program.h"

namespace {

constexpr std::size_t kBytes = 64 << 20;
constexpr std::align_val_t kAlign{256};

std::unique_ptr<char[]> ballast;
int handler_calls = 0;

void give_up_ballast() {
  ++handler_calls;
  CHECK(ballast != nullptr);
  ballast.reset();
}

std::size_t data_bytes() {
  std::ifstream file("/proc/self/status");
  std::size_t kib = 0;
  for (std::string word; file >> word;)
    if (word == "VmData:") file >> kib;
  return kib * 1024;
}

void check(void* (*allocate)(), void (*release)(void*)) {
  handler_calls = 0;
  ballast = std::make_unique<char[]>(kBytes);
  rlimit before;
  CHECK(::getrlimit(RLIMIT_DATA, &before) == 0);
  const rlimit limit{data_bytes() + kBytes / 2, before.rlim_max};
  CHECK(::setrlimit(RLIMIT_DATA, &limit) == 0);
  void* block = allocate();
  CHECK(::setrlimit(RLIMIT_DATA, &before) == 0);
  CHECK(handler_calls == 1 && block != nullptr && is_ours(block));
  std::memset(block, 1, kBytes);
  release(block);
}

}  // namespace

int main() {
  std::set_new_handler(give_up_ballast);
  const auto release = [](void* block) { ::operator delete(block); };
  const auto release_aligned = [](void* block) { ::operator delete(block, kAlign); };
  check([] { return ::operator new(kBytes); }, release);
  check([] { return ::operator new[](kBytes); }, release);
  check([] { return ::operator new(kBytes, std::nothrow); }, release);
  check([] { return ::operator new[](kBytes, std::nothrow); }, release);
  check([] { return ::operator new(kBytes, kAlign); }, release_aligned);
  check([] { return ::operator new[](kBytes, kAlign); }, release_aligned);
  check([] { return ::operator new(kBytes, kAlign, std::nothrow); }, release_aligned);
  check([] { return ::operator new[](kBytes, kAlign, std::nothrow); }, release_aligned);
  std::puts("done");
}
