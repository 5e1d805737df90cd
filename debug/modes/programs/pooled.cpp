// SPDX-License-Identifier: MIT
// Wrong and right uses of pools, one each time; linked with the library.
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arenite/debug.h>
#include <arenite/pool.h>
#include <arenite/pool.hpp>

namespace {

constexpr std::size_t kBytes = 40;
volatile char sink;

[[gnu::noinline]] char* make_object(arn_pool* pool) {
  return static_cast<char*>(memset(arn_pool_allocate(pool), 1, kBytes));
}
[[gnu::noinline]] void free_object(arn_pool* pool, void* object) {
  arn_pool_free(pool, object);
  asm volatile("" ::: "memory");
}
[[gnu::noinline]] void destroy(arn_pool* pool) {
  arn_pool_destroy(pool);
  asm volatile("" ::: "memory");
}

struct Pools {
  arn_pool* first = arn_pool_create(kBytes);
  arn_pool* second = arn_pool_create(kBytes);
} pools;

void read_after_free() {
  char* object = make_object(pools.first);
  free_object(pools.first, object);
  sink = object[8];
}
void write_after_free() {
  char* object = make_object(pools.first);
  free_object(pools.first, object);
  object[8] = 1;
}
void read_after_destroy() {
  char* object = make_object(pools.first);
  destroy(pools.first);
  sink = object[8];
}
void write_after_destroy() {
  char* object = make_object(pools.first);
  destroy(pools.first);
  object[8] = 1;
}
void overflow() {
  char* object = make_object(pools.first);
  object[kBytes] = 1;
  free_object(pools.first, object);
}
void overflow_seen_by_destroy() {
  make_object(pools.first)[kBytes] = 1;
  destroy(pools.first);
}
void underflow() {
  char* object = make_object(pools.first);
  object[-1] = 1;
  free_object(pools.first, object);
}
void double_free() {
  char* object = make_object(pools.first);
  free_object(pools.first, object);
  free_object(pools.first, object);
}
void free_after_destroy_of_another() {
  destroy(pools.second);
  free_object(pools.first, make_object(pools.first));
}
void other_pool() {
  free_object(pools.second, make_object(pools.first));
}
void interior() {
  free_object(pools.first, make_object(pools.first) + 16);
}
void object_to_free() {
  arn_free(make_object(pools.first));
}
void block_to_pool() {
  free_object(pools.first, arn_malloc(kBytes));
}
void local_to_pool() {
  alignas(16) char local[64];
  free_object(pools.first, local);
}
void lost_pool() {
  make_object(pools.first);
  pools = {nullptr, nullptr};
}

void work_in(arn_pool* pool) {
  std::vector<char*> objects;
  for (std::size_t i = 0; i < 2000; ++i) {
    objects.push_back(make_object(pool));
    if (i % 3 != 0) continue;
    char*& one = objects[i * 7 % objects.size()];
    if (one[kBytes - 1] != 1) abort();
    free_object(pool, one);
    one = objects.back();
    objects.pop_back();
  }
}

void come_and_go() {
  for (int i = 0; i < 200; ++i) {
    arn_pool* pool = arn_pool_create(kBytes);
    if (pool == nullptr) abort();
    make_object(pool);
    arn_pool_destroy(pool);
  }
}

/// Only a pool that is a heap of its own needs more address space.
void no_memory() {
  rlimit usual;
  if (getrlimit(RLIMIT_AS, &usual) != 0) abort();
  const rlimit none{0, usual.rlim_max};
  if (setrlimit(RLIMIT_AS, &none) != 0) abort();
  errno = 0;
  if (arn_pool_create(kBytes) != nullptr || errno != ENOMEM) abort();
  if (setrlimit(RLIMIT_AS, &usual) != 0) abort();
  destroy(arn_pool_create(kBytes));
}

void in_child() {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    free_object(pools.first, make_object(pools.first));
    _exit(0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) abort();
}

void fork_while_threads_work() {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 20'000; ++i) free_object(pools.first, make_object(pools.first));
    });
  for (int i = 0; i < 30; ++i) in_child();
  for (std::thread& thread : threads) thread.join();
}

void right() {
  in_child();
  free_object(pools.first, nullptr);
  arn_pool_destroy(nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([] {
      work_in(pools.first);
      work_in(pools.second);
    });
  for (std::thread& thread : threads) thread.join();
  // Some objects go with their pools.
  for (std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{1} << 21}) {
    arn_pool* pool = arn_pool_create(bytes);
    for (int i = 0; i < 20; ++i) {
      void* object = memset(arn_pool_allocate(pool), 7, bytes);
      if (reinterpret_cast<std::size_t>(object) % 16 != 0) abort();
      if (i % 2 == 0) arn_pool_free(pool, object);
    }
    arn_pool_destroy(pool);
  }
  arenite::object_pool<std::string> texts;
  std::string* text = texts.make(100, 'x');
  if (text->size() != 100) abort();
  texts.destroy(text);
  arn_pool* huge = arn_pool_create(std::size_t{1} << 50);
  if (huge != nullptr && arn_pool_allocate(huge) != nullptr) abort();
  arn_pool_destroy(huge);
  destroy(pools.first);
  destroy(pools.second);
}

struct Case {
  std::string_view name;
  void (*run)();
};

constexpr Case kCases[] = {
    {"right", right},
    {"fork_while_threads_work", fork_while_threads_work},
    {"come_and_go", come_and_go},
    {"no_memory", no_memory},
    {"kept_pool", [] { make_object(pools.first); }},
    {"read_after_free", read_after_free},
    {"write_after_free", write_after_free},
    {"read_after_destroy", read_after_destroy},
    {"write_after_destroy", write_after_destroy},
    {"overflow", overflow},
    {"overflow_seen_by_destroy", overflow_seen_by_destroy},
    {"underflow", underflow},
    {"double_free", double_free},
    {"free_after_destroy_of_another", free_after_destroy_of_another},
    {"other_pool", other_pool},
    {"interior", interior},
    {"object_to_free", object_to_free},
    {"block_to_pool", block_to_pool},
    {"local_to_pool", local_to_pool},
    {"lost_pool", lost_pool},
};

}  // namespace

int main(int, char** argv) {
  if (argv[1] == std::string_view("mode")) return std::puts(arn_mode()), 0;
  for (const Case& each : kCases)
    if (each.name == argv[1]) return each.run(), 0;
  return 64;
}
