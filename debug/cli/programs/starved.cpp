// SPDX-License-Identifier: MIT
// Makes three blocks. `careful`: says so if one is not to be had, and ends well. `careless`: does
// not mind that the second may be missing.
#include <cstdlib>
#include <cstring>

namespace {

/// Hidden from the compiler, which would leave the blocks out.
void* volatile kept;

}  // namespace

int main(int argc, char** argv) {
  const bool careful = argc > 1 && std::strcmp(argv[1], "careful") == 0;
  for (int i = 0; i < 3; ++i) {
    void* block = std::malloc(100);
    kept = block;
    const bool minded = careful || i != 1;
    if (kept == nullptr && minded) return 0;
    std::memset(kept, 1, 100);
    std::free(kept);
  }
}
