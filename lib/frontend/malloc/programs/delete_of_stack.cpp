// SPDX-License-Identifier: MIT
#include <cstdio>
#include <new>

int main() {
  char block[64];
  void* volatile address = block;
  std::printf("%p\n", address);
  std::fflush(stdout);
  ::operator delete(address);
}
