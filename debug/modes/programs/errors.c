/* SPDX-License-Identifier: MIT
 * errors HOW: goes wrong at different times of a program's life, and says when it went on. */
#include <malloc.h>

#include "ask.h"

static void double_free(void) {
  char* block = malloc(24);
  free(block);
  free(block);
}

static void realloc_of_freed(void) {
  char* block = malloc(24);
  free(block);
  errno = 0;
  CHECK(realloc(block, 48) == NULL && errno == ENOMEM);
}

static void size_of_freed(void) {
  char* block = malloc(24);
  free(block);
  CHECK(malloc_usable_size(block) == 0);
}

static void* double_free_in_thread(void* barrier) {
  pthread_barrier_wait(barrier);
  double_free();
  return NULL;
}

static void in_two_threads(void) {
  pthread_barrier_t barrier;
  pthread_t threads[2];
  pthread_barrier_init(&barrier, NULL, 2);
  for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, double_free_in_thread, &barrier);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
}

static void on_signal(int signal) {
  double_free();
}

static void in_handler(void) {
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
}

static void in_child(void) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    double_free();
    _exit(7);
  }
  CHECK(waitpid(child, &status, 0) == child);
  printf("child %d: ", child);
  if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
  if (WIFEXITED(status)) printf("exit %d\n", WEXITSTATUS(status));
}

/* The destructor of a key runs again and again as long as it sets the key: the last time is after
 * the library's own. */
static pthread_key_t key;
static void at_thread_end(void* rounds) {
  if ((intptr_t)rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
    pthread_setspecific(key, (void*)((intptr_t)rounds + 1));
  else
    double_free();
}

static void* set_key(void* unused) {
  free(malloc(1));
  pthread_setspecific(key, (void*)1);
  return NULL;
}

static void after_thread_end(void) {
  pthread_t thread;
  pthread_key_create(&key, at_thread_end);
  pthread_create(&thread, NULL, set_key, NULL);
  pthread_join(thread, NULL);
}

static void in_library_call(void) {
  char* volatile block = malloc(24);
  char to[64];
  memcpy(to, block, 30);
  free(block);
}

int main(int argc, char** argv) {
  const char* how = argv[1];
  setvbuf(stdout, NULL, _IONBF, 0);
  if (is(how, "double_free")) double_free();
  if (is(how, "realloc_of_freed")) realloc_of_freed();
  if (is(how, "size_of_freed")) size_of_freed();
  if (is(how, "twice")) double_free(), double_free();
  if (is(how, "in_two_threads")) in_two_threads();
  if (is(how, "in_handler")) in_handler();
  if (is(how, "in_child")) in_child();
  if (is(how, "after_thread_end")) after_thread_end();
  if (is(how, "in_library_call")) in_library_call();
  puts("went on");
}
