// SPDX-License-Identifier: MIT
// A case of misuse: a function of about ten lines that makes exactly one heap error if it is told
// to go wrong, and none otherwise. CASE(name) { ... } defines it and puts it on the program's list;
// `wrong` is its parameter. Built without optimisation and without built-in functions, so that
// every access and every call happens as written.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct Case {
  const char* name;
  const char* file;
  void (*perform)(int wrong);
  struct Case* next;
};

void add_case(struct Case* added);

#define CASE(name)                                                \
  static void name(int wrong);                                    \
  static struct Case case_##name = {#name, __FILE__, name, NULL}; \
  __attribute__((constructor)) static void add_##name(void) {     \
    add_case(&case_##name);                                       \
  }                                                               \
  static void name(int wrong)

/// Where values go that were read.
extern volatile long seen;

/// What it is given, of which the compiler then knows nothing.
void* hidden(const void* pointer);
size_t hidden_number(size_t number);

/// A file that holds the text, at its beginning.
FILE* file_with(const char* text);
/// The reading end of a pipe that holds so many bytes.
int pipe_with(size_t bytes);
/// One end of a pair of sockets; what it is sent nobody reads.
int socket_end(void);
/// The same with so many bytes to be received.
int socket_with(size_t bytes);
/// /dev/null, for writing.
int nowhere(void);
/// Calls the function on a thread of its own and waits for its end.
void on_thread(void* (*function)(void*), void* argument);
/// `bytes` of memory that is filled with `with` and has no \0 behind it.
char* filled(size_t bytes, char with);
