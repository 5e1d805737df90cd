/* SPDX-License-Identifier: MIT
 * leaky HOW: blocks that are lost, or only seem so. Whatever is lost is lost in `lose`. */
#include <sys/syscall.h>

#include "ask.h"

static void* global;
static __thread void* of_thread;

__attribute__((noinline)) static void* lose(size_t size) {
  return malloc(size);
}

/* What the stack and the registers may still hold of former calls is overwritten. */
__attribute__((noinline)) static void forget(void) {
  volatile char wiped[4096];
  memset((char*)wiped, 0, sizeof wiped);
}

/* Visible, so that a rule can name it. */
__attribute__((noinline)) void lose_hidden(int times, size_t size) {
  for (int i = 0; i < times; ++i) lose(size);
}

__attribute__((noinline)) static void lose_chain(void) {
  void** head = lose(48);
  *head = lose(80);
}

__attribute__((noinline)) static void lose_ignored(void) {
  __lsan_ignore_object(lose(100));
}

__attribute__((noinline)) static void lose_disabled(void) {
  __lsan_disable();
  lose(100);
  __lsan_enable();
}

/* The child has leaks of its own, and its own end. */
static void in_child(void) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    lose_hidden(3, 24);
    forget();
    exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child);
  printf("child %d, ", WEXITSTATUS(status));
}

static void ask_without_end(void) {
  printf("nothing %d, ", __lsan_do_recoverable_leak_check());
  lose_hidden(3, 24);
  forget();
  printf("something %d, ", __lsan_do_recoverable_leak_check());
}

static pthread_barrier_t barrier;
static void* hold_on_stack(void* in_tls) {
  void* volatile block = lose(100);
  if (in_tls != NULL) of_thread = block, block = NULL;
  pthread_barrier_wait(&barrier);
  pause();
  return block;
}

static void in_other_thread(void* in_tls) {
  pthread_t thread;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, hold_on_stack, in_tls);
  pthread_barrier_wait(&barrier);
}

/* No signal reaches it, not even those the C library keeps for itself. */
static void* be_deaf(void* unused) {
  const unsigned long long all = ~0ull;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all) == 0);
  pthread_barrier_wait(&barrier);
  pause();
  return unused;
}

static void beside_deaf_thread(void) {
  pthread_t thread;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, be_deaf, NULL);
  pthread_barrier_wait(&barrier);
}

int main(int argc, char** argv) {
  const char* how = argv[1];
  if (is(how, "lost")) lose_hidden(3, 24);
  if (is(how, "chain")) lose_chain();
  if (is(how, "global")) global = lose(100);
  if (is(how, "tls")) of_thread = lose(100);
  if (is(how, "other_stack")) in_other_thread(NULL);
  if (is(how, "other_tls")) in_other_thread(&global);
  if (is(how, "ignored")) lose_ignored();
  if (is(how, "disabled")) lose_disabled();
  if (is(how, "in_child")) in_child();
  if (is(how, "deaf")) beside_deaf_thread();
  if (is(how, "recoverable")) ask_without_end();
  forget();
  if (argc > 2) printf("found %zu", arn_find_leaks());
  /* No newline: it is still in the stream's buffer when the process ends. */
  printf("%s, end", how);
}
