/* SPDX-License-Identifier: MIT
 * A module that calls the C library, in the ways that modules do. */
#define _GNU_SOURCE
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT size_t length_of(const char* text) {
  return strlen(text);
}

EXPORT void* copy(void* to, const void* from, size_t bytes) {
  return memcpy(to, from, bytes);
}

/* A name of the C library, defined by the test program, too. */
EXPORT void* call_memfrob(void* bytes, size_t count) {
  return memfrob(bytes, count);
}

/* A name of the C library that the module itself defines. */
EXPORT char* strpbrk(const char* text, const char* set) {
  (void)set;
  return (char*)text;
}

EXPORT char* call_own_strpbrk(const char* text) {
  return strpbrk(text, "x");
}

/* An address taken, which goes through a slot as well. */
EXPORT void* address_of_memset(void) {
  return (void*)&memset;
}
