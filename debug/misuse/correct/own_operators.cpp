// SPDX-License-Identifier: MIT
// Blocks made by a library's own operator new are deleted outside of it, and the other way round.
// Which operators run outside depends on what is loaded; all of them go to malloc in the end. With
// an argument, it goes wrong all the same: no operator made what is deleted.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "operators.hpp"

int main(int argc, char**) {
  for (int i = 0; i < 100; ++i) {
    char* made = made_inside(100);
    std::memset(made, 1, 100);
    delete[] made;
    char* aligned = aligned_inside(128);
    std::memset(aligned, 2, 128);
    operator delete[](aligned, std::align_val_t{64});
    char* outside = new char[50];
    std::memset(outside, 3, 50);
    deleted_inside(outside);
  }
  if (argc > 1) delete static_cast<char*>(std::malloc(20));
  std::puts("done");
}
