// SPDX-License-Identifier: MIT
// Blocks made by a library's own operator new are deleted outside of it, and the other way round.
// Which operators run outside depends on what is loaded; all of them go to malloc in the end. With
// an argument, it goes wrong all the same: no operator made what is deleted, or none deletes what
// one made.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "operators.hpp"

int main(int argc, char** argv) {
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
  const char* wrong = argc > 1 ? argv[1] : "";
  if (std::strcmp(wrong, "deleted") == 0) delete static_cast<char*>(std::malloc(20));
  if (std::strcmp(wrong, "freed") == 0) std::free(new char);
  std::puts("done");
}
