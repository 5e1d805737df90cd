// SPDX-License-Identifier: MIT
//   misuse CASE wrong|right    performs one case
//   misuse --list              prints name and source file of each
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "case.h"

volatile long seen;

static struct Case* first_case;

void add_case(struct Case* added) {
  added->next = first_case;
  first_case = added;
}

static const void* volatile hidden_pointer;
static volatile size_t kept_number;

void* hidden(const void* pointer) {
  hidden_pointer = pointer;
  const void* same = hidden_pointer;
  hidden_pointer = NULL;
  return (void*)same;
}

size_t hidden_number(size_t number) {
  kept_number = number;
  return kept_number;
}

FILE* file_with(const char* text) {
  FILE* file = tmpfile();
  if (file == NULL) exit(2);
  fputs(text, file);
  rewind(file);
  return file;
}

static void put(int to, size_t bytes) {
  static const char kText[4096] = "0123456789abcdefghijklmnopqrstuvwxyz";
  if (write(to, kText, bytes) != (ssize_t)bytes) exit(2);
}

int pipe_with(size_t bytes) {
  int ends[2];
  if (pipe(ends) != 0) exit(2);
  put(ends[1], bytes);
  close(ends[1]);
  return ends[0];
}

int socket_end(void) {
  return socket_with(0);
}

int socket_with(size_t bytes) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) exit(2);
  put(ends[1], bytes);
  return ends[0];
}

int nowhere(void) {
  return open("/dev/null", O_WRONLY);
}

void on_thread(void* (*function)(void*), void* argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, argument) != 0) exit(2);
  pthread_join(thread, NULL);
}

char* filled(size_t bytes, char with) {
  char* block = malloc(bytes);
  memset(block, with, bytes);
  return block;
}

// What a case leaves on the stack must not hold a lost block any more.
static __attribute__((noinline)) void wipe_stack(void) {
  volatile char wiped[64 * 1024];
  for (size_t i = 0; i < sizeof wiped; ++i) wiped[i] = 0;
}

static __attribute__((noinline)) int perform(const char* name, int wrong) {
  for (struct Case* one = first_case; one != NULL; one = one->next)
    if (strcmp(one->name, name) == 0) {
      one->perform(wrong);
      return 0;
    }
  return 64;
}

int main(int count, char** arguments) {
  if (count == 2 && strcmp(arguments[1], "--list") == 0) {
    for (struct Case* one = first_case; one != NULL; one = one->next)
      printf("%s %s\n", one->name, strrchr(one->file, '/') + 1);
    return 0;
  }
  if (count != 3) return 64;
  const int status = perform(arguments[1], strcmp(arguments[2], "wrong") == 0);
  wipe_stack();
  return status;
}
