/* SPDX-License-Identifier: MIT
 * What the functions say of an intact block and what lies around it, a damaged one, a freed one, a
 * pointer to the stack. */
#include "ask.h"

static void ask(const char* what, const void* at) {
  printf("%s: check %d, ", what, arn_check(at));
  fflush(stdout);
  printf("describe %d\n", arn_describe(at, STDOUT_FILENO));
}

int main(void) {
  char* intact = malloc(40);
  char* damaged = malloc(40);
  char* freed = malloc(40);
  setvbuf(stdout, NULL, _IONBF, 0);
  free(freed);
  printf("mode %s\n", arn_mode());
  printf("damaged %zu\n", arn_check_all());
  write_at(damaged, 40);
  ask("intact", intact);
  ask("inside", intact + 7);
  ask("before", intact - 1);
  ask("behind", intact + 43);
  ask("damaged", damaged);
  ask("freed", freed);
  ask("stack", &intact);
  ask("null", NULL);
  ask("wild", (void*)0x123456789abcdef0);
  write_at(intact, 40);
  printf("damaged %zu\n", arn_check_all());
  printf("again %zu\n", arn_check_all());
  CHECK(arn_describe(intact, -1) == -1 || arn_describe(intact, -1) == 1);
  free(intact);
  free(damaged);
  printf("leaks %zu\n", arn_find_leaks());
}
