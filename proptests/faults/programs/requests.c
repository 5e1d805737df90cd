/* SPDX-License-Identifier: MIT
 * Asks for memory in every way, of which the system refuses one request, wherever it comes. Null is
 * an answer, and the next attempt must then succeed; nothing else may be different. Exits with the
 * line of the check that failed, 0 if none did. */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <arenite/arenite.h>

/* The library's own functions, if it is there. */
#define FUNCTION(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))

#define CHECK(condition) \
  if (!(condition)) _exit(__LINE__ % 250 + 1)

/* proptests/faults/kernel_refusals.hpp */
enum { kMark = 0x4152, kBlocks = 400 };

static void* blocks[kBlocks];
static size_t sizes[kBlocks];

static unsigned char stamp(size_t block) {
  return (unsigned char)(block * 7 + 1);
}

static void write_block(size_t block) {
  memset(blocks[block], stamp(block), sizes[block] < 64 ? sizes[block] : 64);
  ((unsigned char*)blocks[block])[sizes[block] - 1] = stamp(block);
}

static void check_block(size_t block, size_t size) {
  const unsigned char* bytes = blocks[block];
  CHECK(bytes[0] == stamp(block));
  CHECK(bytes[size - 1] == stamp(block));
}

static void allocate(size_t block, size_t size) {
  errno = 0;
  void* at = malloc(size);
  if (at == NULL) {
    CHECK(errno == ENOMEM);
    at = malloc(size);
    CHECK(at != NULL);
  }
  blocks[block] = at;
  sizes[block] = size;
  write_block(block);
}

static void resize(size_t block, size_t size) {
  const size_t kept = size < sizes[block] ? size : sizes[block];
  void* at = realloc(blocks[block], size);
  if (at == NULL) {
    CHECK(errno == ENOMEM);
    check_block(block, sizes[block]);
    at = realloc(blocks[block], size);
    CHECK(at != NULL);
  }
  blocks[block] = at;
  CHECK(((unsigned char*)at)[0] == stamp(block));
  if (kept == sizes[block]) check_block(block, kept);
  sizes[block] = size;
  write_block(block);
}

static void* work(void* unused) {
  (void)unused;
  void* block = malloc(100);
  if (block == NULL) block = malloc(100);
  CHECK(block != NULL);
  free(block);
  return NULL;
}

/* An audit needs memory, too; what it finds is there the second time. */
static int is_clean(void) {
  __typeof__(&arn_audit) audit = FUNCTION(arn_audit);
  return audit(STDERR_FILENO) == 0 || audit(STDERR_FILENO) == 0;
}

static void own_heap(void) {
  __typeof__(&arn_heap_create) create = FUNCTION(arn_heap_create);
  arn_heap* heap = create(0);
  if (heap == NULL) heap = create(0);
  CHECK(heap != NULL);
  void* block = FUNCTION(arn_heap_malloc)(heap, 100);
  if (block == NULL) block = FUNCTION(arn_heap_malloc)(heap, 100);
  CHECK(block != NULL);
  __typeof__(&arn_heap_audit) audit = FUNCTION(arn_heap_audit);
  CHECK(audit(heap, STDERR_FILENO) == 0 || audit(heap, STDERR_FILENO) == 0);
  FUNCTION(arn_heap_free)(heap, block);
  FUNCTION(arn_heap_destroy)(heap);
}

int main(void) {
  CHECK(FUNCTION(arn_audit) != NULL);
  madvise(NULL, 0, kMark);
  for (size_t i = 0; i < kBlocks; ++i) allocate(i, i < 300 ? 1 + i * 13 % 1500 : i * 4096);
  for (size_t i = 300; i < 340; ++i) resize(i, sizes[i] * 5);
  for (size_t i = 0; i < kBlocks; ++i) check_block(i, sizes[i]);
  CHECK(is_clean());
  for (size_t i = 0; i < kBlocks; i += 2) free(blocks[i]);
  malloc_trim(0);
  for (size_t i = 0; i < kBlocks; i += 2) allocate(i, 3000 + i * 64);
  for (size_t i = 0; i < kBlocks; ++i) check_block(i, sizes[i]);
  for (size_t i = 0; i < kBlocks; ++i) free(blocks[i]);
  malloc_trim(0);
  own_heap();
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, NULL) == 0) pthread_join(thread, NULL);
  CHECK(is_clean());
  return 0;
}
