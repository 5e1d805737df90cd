// SPDX-License-Identifier: MIT
// The parts of the C library that allocate, keep, and free on their own.
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <obstack.h>
#include <pwd.h>
#include <regex.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "sum.h"

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

static void add_text(const char* text) {
  add_bytes(text, strlen(text));
}

static void locales_and_texts(void) {
  for (int i = 0; i < 10; ++i) {
    setlocale(LC_ALL, i % 2 ? "C.UTF-8" : "C");
    const locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    add(locale != NULL);
    freelocale(locale);
    const iconv_t converter = iconv_open("UTF-16LE", "UTF-8");
    char from[] = "gr\xc3\xbc\xc3\x9f", to[64];
    char *in = from, *out = to;
    size_t left = strlen(from), room = sizeof to;
    add(iconv(converter, &in, &left, &out, &room));
    add_bytes(to, sizeof to - room);
    iconv_close(converter);
  }
  const time_t at = 1000000000;
  char text[100];
  add(strftime(text, sizeof text, "%A %c", gmtime(&at)));
  add_text(text);
  add_text(strerror(ENOENT));
}

static void expressions(void) {
  for (int i = 0; i < 20; ++i) {
    regex_t expression;
    if (regcomp(&expression, "^([a-z]+)-([0-9]{2,5})*(x|y)?$", REG_EXTENDED) != 0) exit(2);
    regmatch_t found[4];
    add((uint64_t)regexec(&expression, i % 2 ? "words-12345x" : "Words", 4, found, 0));
    if (i % 2) add((uint64_t)found[1].rm_eo);
    regfree(&expression);
  }
}

static void streams(void) {
  char* text = NULL;
  size_t bytes = 0;
  FILE* memory = open_memstream(&text, &bytes);
  for (int i = 0; i < 2000; ++i) fprintf(memory, "%d %s %5.2f\n", i, "of many lines", i / 7.0);
  fclose(memory);
  add_bytes(text, bytes);
  FILE* file = tmpfile();
  add(fwrite(text, 1, bytes, file));
  rewind(file);
  char* line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, file) > 0) add_text(line);
  rewind(file);
  add((uint64_t)getdelim(&line, &capacity, 'Z', file));
  free(line);
  fclose(file);
  FILE* reading = fmemopen(text, bytes, "r");
  int number = 0;
  char* word = NULL;
  add((uint64_t)fscanf(reading, "%d %ms", &number, &word));
  add_text(word);
  free(word);
  fclose(reading);
  free(text);
  char* formatted = NULL;
  add((uint64_t)asprintf(&formatted, "%1$s %2$*3$d %1$500s", "twice", 3, 20));
  add_text(formatted);
  free(formatted);
}

static int is_file_or_folder(const struct dirent* entry) {
  return entry->d_name[0] != '.';
}

static void folders(void) {
  char* here = getcwd(NULL, 0);
  add(here != NULL);
  char* real = realpath("/usr/./bin/..", NULL);
  add_text(real);
  free(real);
  free(here);
  glob_t found;
  add((uint64_t)glob("/etc/pass*", 0, NULL, &found));
  add_text(found.gl_pathv[0]);
  globfree(&found);
  struct dirent** entries = NULL;
  const int count = scandir("/usr", &entries, is_file_or_folder, alphasort);
  for (int i = 0; i < count; ++i) {
    add_text(entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  const struct passwd* root = getpwuid(0);
  if (root != NULL) add_text(root->pw_dir);
}

static void names(void) {
  const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  const int status = getaddrinfo("localhost", "80", &wanted, &found);
  add((uint64_t)status);
  if (status == 0) freeaddrinfo(found);
}

static int by_text(const void* left, const void* right) {
  return strcmp(left, right);
}

static void trees_and_stacks(void) {
  void* tree = NULL;
  static const char* const kWords[] = {"one", "two", "three", "four", "five"};
  for (int i = 0; i < 5; ++i) tsearch(kWords[i], &tree, by_text);
  for (int i = 0; i < 5; ++i) add(tdelete(kWords[i], &tree, by_text) != NULL);
  hcreate(100);
  for (int i = 0; i < 5; ++i)
    add(hsearch((ENTRY){(char*)(uintptr_t)kWords[i], NULL}, ENTER) != NULL);
  hdestroy();
  struct obstack stack;
  obstack_init(&stack);
  for (int i = 0; i < 3000; ++i) {
    obstack_grow(&stack, "grows ", 6);
    if (i % 100 == 99) {
      obstack_1grow(&stack, '\0');
      add_text(obstack_finish(&stack));
    }
  }
  obstack_free(&stack, NULL);
}

static int by_value(const void* left, const void* right) {
  const int a = *(const int*)left, b = *(const int*)right;
  return (a > b) - (a < b);
}

static void sorting(void) {
  uint32_t state = 7;
  for (size_t count = 1; count < 100000; count *= 5) {
    int* numbers = malloc(count * sizeof *numbers);
    for (size_t i = 0; i < count; ++i) numbers[i] = (int)next_number(&state);
    qsort(numbers, count, sizeof *numbers, by_value);
    add_bytes(numbers, count * sizeof *numbers);
    free(numbers);
  }
}

int main(void) {
  locales_and_texts();
  expressions();
  streams();
  folders();
  names();
  trees_and_stacks();
  sorting();
  return print_sum();
}
