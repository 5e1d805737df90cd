/* SPDX-License-Identifier: MIT
 * The least that Arenite asks of a CPython, as a module: whatever VERSION says it is. Counts how
 * often its allocators were replaced. */
#include <stddef.h>
#include <string.h>

#ifndef VERSION
#define VERSION "3.11.2 (made up)"
#endif

struct domain {
  void* context;
  void* (*malloc)(void*, size_t);
  void* (*calloc)(void*, size_t, size_t);
  void* (*realloc)(void*, void*, size_t);
  void (*free)(void*, void*);
};
struct arenas {
  void* context;
  void* (*alloc)(void*, size_t);
  void (*free)(void*, void*, size_t);
};

static void* no_malloc(void* context, size_t size) {
  (void)context, (void)size;
  return NULL;
}

static struct domain domains[3] = {
    {NULL, no_malloc, NULL, NULL, NULL},
    {NULL, no_malloc, NULL, NULL, NULL},
    {NULL, no_malloc, NULL, NULL, NULL},
};
static struct arenas arenas;
int replaced_count = 0;
int initialized = 0;

void PyMem_GetAllocator(int domain, struct domain* to) {
  *to = domains[domain];
}
void PyMem_SetAllocator(int domain, const struct domain* from) {
  domains[domain] = *from;
  ++replaced_count;
}
void PyObject_GetArenaAllocator(struct arenas* to) {
  *to = arenas;
}
void PyObject_SetArenaAllocator(const struct arenas* from) {
  arenas = *from;
}
int Py_IsInitialized(void) {
  return initialized;
}
const char* Py_GetVersion(void) {
  return VERSION;
}
