/* SPDX-License-Identifier: MIT
 * handlers HOW [guard]: a program with handlers of SIGSEGV has faults of its own and gets them as
 * always; with `guard` it then reads behind a block. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sys/mman.h>
#include <time.h>

#include "ask.h"

static sigjmp_buf back;
static volatile int* volatile nothing;

static void say(const char* text) {
  write(STDOUT_FILENO, text, strlen(text));
}

static void recover(int signal, siginfo_t* info, void* context) {
  CHECK(signal == SIGSEGV && info->si_addr == (void*)nothing && context != NULL);
  siglongjmp(back, 1);
}

static void recover_simply(int signal) {
  CHECK(signal == SIGSEGV);
  siglongjmp(back, 1);
}

static void report_null(int signal) {
  say("handler, ");
  _exit(5);
}

/* Returns: the fault comes again, and then the default action is to be taken. */
static void return_once(int signal) {
  static int times = 0;
  say("once, ");
  if (++times > 3) _exit(6);
}

static void fault_again(int signal) {
  say("first, ");
  *nothing = 1;
}

static void check_mask(int signal) {
  sigset_t mask;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
  printf("segv %d, usr1 %d, usr2 %d, ", sigismember(&mask, SIGSEGV), sigismember(&mask, SIGUSR1),
         sigismember(&mask, SIGUSR2));
  siglongjmp(back, 1);
}

static void check_stack(int signal) {
  stack_t stack;
  CHECK(sigaltstack(NULL, &stack) == 0);
  say((stack.ss_flags & SS_ONSTACK) != 0 ? "alternate, " : "ordinary, ");
  siglongjmp(back, 1);
}

static void set(void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaddset(&action.sa_mask, SIGUSR1);
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
}

static void fault_and_recover(int times) {
  for (volatile int i = 0; i < times; ++i)
    if (sigsetjmp(back, 1) == 0) {
      *nothing = 1;
      CHECK(!"reached");
    }
}

/* Let by until the memory can be written, as runtimes with safepoints do. */
static char* page;
static void open_page(int signal, siginfo_t* info, void* context) {
  CHECK((char*)info->si_addr == page);
  CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
}

static void use_siginfo(void* handler) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  *(void**)&action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
}

static void query(void) {
  struct sigaction found;
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0 && found.sa_handler == SIG_DFL);
  set(recover_simply, SA_NODEFER);
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0 && found.sa_handler == recover_simply);
  CHECK((found.sa_flags & SA_NODEFER) != 0 && (found.sa_flags & SA_SIGINFO) == 0);
  CHECK(sigismember(&found.sa_mask, SIGUSR1) == 1 && sigismember(&found.sa_mask, SIGUSR2) == 0);
  CHECK(signal(SIGSEGV, SIG_IGN) == recover_simply);
  CHECK(signal(SIGSEGV, SIG_DFL) == SIG_IGN);
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0 && found.sa_handler == SIG_DFL);
  say("as set, ");
}

/* Each signal has a handler of its own. */
static void query_both(void) {
  struct sigaction found;
  CHECK(signal(SIGSEGV, recover_simply) == SIG_DFL);
  CHECK(sigaction(SIGBUS, NULL, &found) == 0 && found.sa_handler == SIG_DFL);
  CHECK(signal(SIGBUS, report_null) == SIG_DFL);
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0 && found.sa_handler == recover_simply);
  CHECK(sigaction(SIGBUS, NULL, &found) == 0 && found.sa_handler == report_null);
  say("as set, ");
}

/* The handler asks for what it interrupts: a signal that comes again and again, while the program
 * sets and asks itself. */
static volatile int asked = 0;
static void ask(int signal) {
  struct sigaction found;
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0);
  ++asked;
}

static void interrupted(void) {
  struct sigaction found;
  timer_t timer;
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMAX;
  const struct itimerspec often = {{0, 20000}, {0, 20000}};
  CHECK(signal(SIGRTMAX, ask) == SIG_DFL);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &often, NULL) == 0);
  while (asked < 2000) CHECK(sigaction(SIGSEGV, NULL, &found) == 0);
  CHECK(timer_delete(timer) == 0);
  say("asked, ");
}

static void say_flags(void) {
  struct sigaction found;
  CHECK(sigaction(SIGSEGV, NULL, &found) == 0);
  printf("restart %d, once %d, again %d, ", (found.sa_flags & SA_RESTART) != 0,
         (found.sa_flags & SA_RESETHAND) != 0, (found.sa_flags & SA_NODEFER) != 0);
  fflush(stdout);
}

static void use_alternate_stack(size_t size) {
  stack_t stack = {malloc(size), 0, size};
  CHECK(stack.ss_sp != NULL && sigaltstack(&stack, NULL) == 0);
}

static void in_child(void) {
  int status = 0;
  set(report_null, 0);
  const pid_t child = fork();
  if (child == 0) *nothing = 1;
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5);
}

int main(int argc, char** argv) {
  const char* how = argv[1];
  if (is(how, "siginfo")) use_siginfo(recover), fault_and_recover(3);
  if (is(how, "signal")) signal(SIGSEGV, recover_simply), fault_and_recover(3);
  if (is(how, "exit")) signal(SIGSEGV, report_null), *nothing = 1;
  if (is(how, "default")) *nothing = 1;
  if (is(how, "reset")) set(return_once, SA_RESETHAND), *nothing = 1;
  if (is(how, "again")) set(fault_again, 0), *nothing = 1;
  if (is(how, "mask")) set(check_mask, 0), fault_and_recover(1);
  if (is(how, "nodefer")) set(check_mask, SA_NODEFER), fault_and_recover(1);
  if (is(how, "query")) query();
  if (is(how, "query_both")) query_both();
  if (is(how, "interrupted")) interrupted();
  if (is(how, "bsd")) signal(SIGSEGV, return_once), say_flags();
  if (is(how, "sysv")) sysv_signal(SIGSEGV, return_once), say_flags(), *nothing = 1;
  if (is(how, "sent")) set(return_once, 0), raise(SIGSEGV);
  if (is(how, "ignored")) signal(SIGSEGV, SIG_IGN), raise(SIGSEGV);
  if (is(how, "in_child")) in_child();
  if (is(how, "own_page")) {
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    use_siginfo(open_page);
    *page = 1;
  }
  if (is(how, "alternate")) {
    use_alternate_stack(64 << 10);
    set(check_stack, SA_ONSTACK);
    fault_and_recover(1);
  }
  if (is(how, "small_stack")) {
    /* What programs take for enough, and has to be enough for a report. */
    use_alternate_stack(8192);
    set(check_stack, SA_ONSTACK);
    fault_and_recover(1);
  }
  if (is(how, "least_stack")) {
    use_alternate_stack(sysconf(_SC_MINSIGSTKSZ));
    set(check_stack, SA_ONSTACK);
    fault_and_recover(1);
  }
  fflush(stdout);
  volatile char* block = malloc(32);
  if (argc > 2) {
    if (block[32] != 0) say("read, ");
  }
  free((void*)block);
  printf("end");
}
