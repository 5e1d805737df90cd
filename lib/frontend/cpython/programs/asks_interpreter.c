/* SPDX-License-Identifier: MIT
 * Linked to a made-up interpreter: says how often its allocators were replaced before main, and
 * what the calls of <arenite/python.h> say afterwards. */
#include <stdint.h>
#include <stdio.h>

#include <arenite/python.h>

extern int replaced_count, initialized;
struct domain {
  void* context;
  void* (*malloc)(void*, size_t);
  void* (*calloc)(void*, size_t, size_t);
  void *realloc, *free;
};
void PyMem_GetAllocator(int domain, struct domain* to);
void PyMem_SetAllocator(int domain, const struct domain* from);

/* Only in the library, which may not be there. */
#pragma weak arn_python_install
#pragma weak arn_python_install_arenas
#pragma weak arn_python_serves

static void* hooked(void* context, size_t size) {
  (void)context, (void)size;
  return NULL;
}

static void say(const char* what, const char* reason) {
  printf("%s: %s; serves %s\n", what, reason ? reason : "done", arn_python_serves());
}

int main(void) {
  printf("before main: %d\n", replaced_count);
  say("install", arn_python_install());
  say("arenas", arn_python_install_arenas());
  initialized = 1;
  say("late arenas", arn_python_install_arenas());
  say("late", arn_python_install());
  struct domain served;
  PyMem_GetAllocator(1, &served);
  if (served.calloc != NULL)
    printf("more than there can be: %p\n", served.calloc(served.context, SIZE_MAX / 2, 3));
  int context = 0;
  const struct domain hooks = {&context, hooked, NULL, NULL, NULL};
  PyMem_SetAllocator(1, &hooks);
  say("over hooks", arn_python_install());
  return 0;
}
