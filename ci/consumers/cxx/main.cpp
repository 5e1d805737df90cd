// SPDX-License-Identifier: MIT
// A C++ program as a user of the installed library writes it: containers on its allocator, and
// operator new is its.
#include <cstdio>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include <arenite/allocator.hpp>
#include <arenite/arenite.h>
#include <arenite/heap.hpp>
#include <arenite/memory_resource.hpp>

namespace {

int failures = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  ++failures;
}

void containers_on_the_allocator() {
  std::vector<int, arenite::allocator<int>> numbers;
  for (int i = 0; i < 10000; ++i) numbers.push_back(i);
  check(numbers[9999] == 9999, "a vector keeps its numbers as it grows");
  check(arn_owns(numbers.data()) == 1, "a vector's storage is Arenite's");

  using Entry = std::pair<const int, std::string>;
  std::map<int, std::string, std::less<>, arenite::allocator<Entry>> names;
  for (int i = 0; i < 1000; ++i) names.emplace(i, std::to_string(i));
  check(names.at(777) == "777", "a map finds its entries");
  check(arn_owns(&names.at(777)) == 1, "a map's nodes are Arenite's");

  check(arenite::allocator<int>() == arenite::allocator<char>(), "allocators are interchangeable");
}

void operator_new_is_the_librarys() {
  const auto array = std::make_unique<std::string[]>(100);
  check(arn_owns(array.get()) == 1, "what operator new gives is Arenite's");
  struct alignas(256) Wide {
    char bytes[256];
  };
  const auto wide = std::make_unique<Wide>();
  check(arn_owns(wide.get()) == 1, "what aligned operator new gives is Arenite's");
  check(reinterpret_cast<std::size_t>(wide.get()) % 256 == 0, "aligned operator new aligns");
}

void memory_resources() {
  std::pmr::vector<int> numbers(10000, 7, arenite::default_resource());
  check(arn_owns(numbers.data()) == 1, "the default resource gives Arenite's memory");
  arenite::memory_resource other;
  check(other.is_equal(*arenite::default_resource()), "resources over the process heap are equal");
}

void a_heap_of_ones_own() {
  arenite::heap heap(1 << 20);
  arenite::heap_resource resource(heap);
  {
    std::pmr::map<int, std::pmr::string> names(&resource);
    for (int i = 0; i < 1000; ++i) names.emplace(i, std::string(100, 'x'));
    check(heap.owns(&names.at(5)), "nodes lie in the heap they were asked of");
    check(arn_owns(&names.at(5)) == 0, "and not in the process heap");
    check(heap.audit(2) == 0, "the heap's audit has no findings");
  }
  void* wide = heap.allocate(100, 4096);
  check(reinterpret_cast<std::size_t>(wide) % 4096 == 0, "a heap aligns");
  bool thrown = false;
  try {
    wide = heap.allocate(std::size_t{1} << 40);
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  check(thrown, "what a heap cannot hold is std::bad_alloc");
  arenite::heap moved = std::move(heap);
  check(moved.owns(wide), "a moved heap keeps its blocks");
}

}  // namespace

int main() {
  containers_on_the_allocator();
  operator_new_is_the_librarys();
  memory_resources();
  a_heap_of_ones_own();
  check(arn_audit(2) == 0, "the audit has no findings");
  return failures == 0 ? 0 : 1;
}
