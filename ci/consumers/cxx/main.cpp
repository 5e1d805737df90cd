// SPDX-License-Identifier: MIT
// A C++ program as a user of the installed library writes it: containers on its allocator, and
// operator new is its.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arenite/allocator.hpp>
#include <arenite/arenite.h>

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

}  // namespace

int main() {
  containers_on_the_allocator();
  operator_new_is_the_librarys();
  check(arn_audit(2) == 0, "the audit has no findings");
  return failures == 0 ? 0 : 1;
}
