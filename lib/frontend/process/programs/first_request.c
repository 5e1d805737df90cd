// SPDX-License-Identifier: MIT
// first_request WHICH: what a process asks of the library before anything else, whatever it is.
#include <malloc.h>
#include <stdint.h>
#include <sys/wait.h>

#include "program.h"

/* C23. */
#pragma weak free_sized
#pragma weak free_aligned_sized
void free_sized(void*, size_t);
void free_aligned_sized(void*, size_t, size_t);

static unsigned char* asked(const char* which) {
  if (strcmp(which, "calloc") == 0) return calloc(7, 100);
  if (strcmp(which, "aligned_alloc") == 0) return aligned_alloc(256, 700);
  if (strcmp(which, "realloc") == 0) return realloc(NULL, 700);
  if (strcmp(which, "free") == 0) free(NULL);
  if (strcmp(which, "free_sized") == 0 && free_sized != NULL) free_sized(NULL, 0);
  if (strcmp(which, "free_aligned_sized") == 0 && free_aligned_sized != NULL)
    free_aligned_sized(NULL, 16, 16);
  return NULL;
}

static void fork_first(void) {
  const pid_t child = fork();
  if (child == 0) {
    use_malloc();
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  if (strcmp(argv[1], "fork") == 0) fork_first();
  unsigned char* block = asked(argv[1]);
  if (block != NULL) {
    CHECK(is_ours(block) && malloc_usable_size(block) >= 700);
    for (int i = 0; i < 700; ++i) CHECK(block[i] == 0 || strcmp(argv[1], "calloc") != 0);
    if (strcmp(argv[1], "aligned_alloc") == 0) CHECK((uintptr_t)block % 256 == 0);
    memset(block, 1, 700);
    free(block);
  }
  use_malloc();
  puts("done");
}
