// SPDX-License-Identifier: MIT
// What the shared libraries a program uses allocate comes from Arenite as well.
#include <pthread.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "program.h"

namespace {

void check_libraries() {
  char* copy = strdup("made by the C library");
  CHECK(is_ours(copy));
  free(copy);
  char* line = nullptr;
  std::size_t room = 0;
  FILE* file = fopen("/proc/self/maps", "r");
  CHECK(file != nullptr && getline(&line, &room, file) > 0 && is_ours(line));
  free(line);
  fclose(file);
  // Instantiated in libstdc++.
  std::ostringstream stream;
  for (int i = 0; i < 1000; ++i) stream << i << ' ';
  const std::string text = stream.str();
  CHECK(is_ours(text.data()));
  const std::vector<int> many(100000, 1);
  CHECK(is_ours(many.data()));
}

}  // namespace

int main() {
  check_libraries();
  std::thread(check_libraries).join();
  use_malloc();
  std::puts("done");
}
