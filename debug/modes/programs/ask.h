/* SPDX-License-Identifier: MIT
 * What the programs of these tests share: ways to ask the library, if it is there, and ways to do
 * wrong that no compiler sees through. */
#ifndef ARENITE_MODES_ASK_H
#define ARENITE_MODES_ASK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif
/* Null without the library. */
#pragma weak arn_mode
#pragma weak arn_check_all
#pragma weak arn_check
#pragma weak arn_describe
#pragma weak arn_find_leaks
#pragma weak __lsan_disable
#pragma weak __lsan_enable
#pragma weak __lsan_ignore_object
#pragma weak __lsan_do_recoverable_leak_check
const char* arn_mode(void);
size_t arn_check_all(void);
int arn_check(const void*);
int arn_describe(const void*, int);
size_t arn_find_leaks(void);
void __lsan_disable(void);
void __lsan_enable(void);
void __lsan_ignore_object(const void*);
int __lsan_do_recoverable_leak_check(void);
#ifdef __cplusplus
}
#endif

#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      _exit(99);                                                                     \
    }                                                                                \
  } while (0)

/* A byte written where it does not belong. */
static inline void write_at(void* block, long offset) {
  ((volatile char*)block)[offset] = 1;
}

/* The serial the library gave to the block, 0 if it does not know it. */
static inline unsigned long serial_of(const void* block) {
  char text[4096] = "";
  int ends[2];
  CHECK(pipe(ends) == 0);
  const int known = arn_describe(block, ends[1]);
  close(ends[1]);
  const ssize_t got = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  const char* word = known == 1 && got > 0 ? strstr(text, "serial ") : NULL;
  return word != NULL ? strtoul(word + 7, NULL, 10) : 0;
}

static inline int is(const char* word, const char* other) {
  return strcmp(word, other) == 0;
}

#endif
