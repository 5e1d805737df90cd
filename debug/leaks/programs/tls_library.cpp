// SPDX-License-Identifier: MIT
// A library with thread-local storage, loaded while the program runs: its TLS lies in no static
// block.

namespace {
alignas(8) thread_local char variable[4096];
}

extern "C" __attribute__((visibility("default"))) void* library_variable() {
  return variable + 1024;
}
