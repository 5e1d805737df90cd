// SPDX-License-Identifier: MIT
// A program with an Arenite note of its own. Behind it lies what the argument says: a heap of
// another layout, a heap that was not used yet, or a root that was overwritten.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "layout/fingerprint.hpp"

extern "C" {
arenite::HeapRoot<arenite::Remote> impostor_root;
}

asm(R"(
  .pushsection .note.arenite, "a", @note
  .balign 4
  .long 8, 16, 1
  .asciz "Arenite"
  .quad 1
  .quad impostor_root - .
  .popsection
)");

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (std::strcmp(what, "unused") != 0) {
    impostor_root.cookie = arenite::kRootCookie;
    impostor_root.version = arenite::kLayoutVersion;
    impostor_root.fingerprint = arenite::kFingerprint;
    impostor_root.root_bytes = sizeof impostor_root;
    impostor_root.pointer_bytes = sizeof(void*);
  }
  if (std::strcmp(what, "other") == 0) impostor_root.fingerprint = 0x1234;
  if (std::strcmp(what, "overwritten") == 0) impostor_root.cookie = 0x4141414141414141;
  std::printf("%p\n", static_cast<void*>(&impostor_root));
  std::fflush(stdout);
  for (;;) ::pause();
}
