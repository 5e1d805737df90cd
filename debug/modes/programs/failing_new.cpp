// SPDX-License-Identifier: MIT
// Whether new throws, and what the nothrow forms return, when a request of 77 bytes fails.
#include <new>

#include "ask.h"

int main() {
  const char* said = "did not throw";
  try {
    delete[] new char[77];
  } catch (const std::bad_alloc&) {
    said = "threw";
  }
  write(STDOUT_FILENO, said, strlen(said));
  char* block = new (std::nothrow) char[77];
  said = block == nullptr ? ", null" : ", block";
  write(STDOUT_FILENO, said, strlen(said));
  delete[] block;
}
