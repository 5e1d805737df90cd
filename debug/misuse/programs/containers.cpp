// SPDX-License-Identifier: MIT
// Overflows and uses after free by way of new, new[] and the containers.
#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "case.hpp"

CASE(write_behind_new) {
  char* one = static_cast<char*>(::operator new(12));
  one[wrong ? 12 : 11] = 'x';
  ::operator delete(one);
}

CASE(write_behind_new_array) {
  int* many = new int[5];
  many[wrong ? 5 : 4] = 1;
  delete[] many;
}

struct alignas(64) Line {
  char bytes[64];
};

CASE(write_behind_aligned_new) {
  Line* line = new Line;
  line->bytes[wrong ? 64 : 63] = 'x';
  delete line;
}

CASE(write_behind_nothrow_new) {
  long* many = new (std::nothrow) long[4];
  many[wrong ? 4 : 3] = 1;
  delete[] many;
}

CASE(write_behind_vector) {
  std::vector<int> many(6);
  int* const first = many.data();
  for (int i = 0; i <= (wrong ? 6 : 5); ++i) first[i] = i;
}

CASE(write_behind_string) {
  std::string text(40, 'a');
  text.shrink_to_fit();
  std::memset(text.data(), 'b', text.size() + (wrong ? 3 : 0));
}

CASE(write_behind_unique_array) {
  const auto block = std::make_unique<char[]>(18);
  block[wrong ? 18 : 17] = 'x';
}

struct Base {
  virtual ~Base() = default;
  long value = 0;
};

struct Derived : Base {
  long more = 0;
};

CASE(write_by_wrong_downcast) {
  Base* base = wrong ? new Base : new Derived;
  static_cast<Derived*>(base)->more = 1;
  delete base;
}

CASE(read_behind_new_array) {
  const int* many = new int[4]{1, 2, 3, 4};
  seen = many[wrong ? 4 : 3];
  delete[] many;
}

CASE(read_behind_vector) {
  const std::vector<long> many(3, 7);
  const long* at = many.data();
  for (int i = 0; i <= (wrong ? 3 : 2); ++i) seen = at[i];
}

CASE(read_with_index_behind_vector) {
  const std::vector<int> many(10, 1);
  seen = many[static_cast<std::size_t>(wrong ? 10 : 9)];
}

CASE(read_before_new_array) {
  const auto many = std::make_unique<long[]>(6);
  seen = many.get()[wrong ? -1 : 0];
}

CASE(construct_string_behind) {
  char* letters = new char[30];
  std::memset(letters, 'x', 30);
  const std::string text(letters, wrong ? 31 : 30);
  delete[] letters;
}

CASE(copy_behind_vector) {
  const std::vector<int> from(8, 1);
  int to[10] = {};
  std::memcpy(to, from.data(), (wrong ? 9 : 8) * sizeof(int));
  seen = to[0];
}

CASE(write_after_delete) {
  long* one = new long(1);
  if (!wrong) *one = 2;
  delete one;
  if (wrong) *one = 2;
}

CASE(write_after_delete_array) {
  int* many = new int[12];
  if (!wrong) many[11] = 1;
  delete[] many;
  if (wrong) many[11] = 1;
}

CASE(read_after_delete) {
  const auto* one = new Derived;
  if (!wrong) seen = one->more;
  delete one;
  if (wrong) seen = one->more;
}

CASE(read_after_delete_array) {
  const double* many = new double[9]();
  if (!wrong) seen = static_cast<long>(many[4]);
  delete[] many;
  if (wrong) seen = static_cast<long>(many[4]);
}

struct Speaker {
  virtual ~Speaker() = default;
  virtual long speak() const { return 1; }
};

CASE(call_of_deleted) {
  const auto* speaker = static_cast<Speaker*>(hidden(new Speaker));
  if (!wrong) seen = speaker->speak();
  delete speaker;
  if (wrong) seen = speaker->speak();
}

CASE(read_by_stale_iterator) {
  std::vector<long> many(4, 1);
  auto last = many.end() - 1;
  many.push_back(2);
  if (!wrong) last = many.end() - 1;
  seen = *last;
}

CASE(read_after_erase) {
  std::list<long> numbers{1, 2, 3};
  const auto first = numbers.begin();
  if (wrong) numbers.pop_front();
  seen = *first;
}

CASE(read_of_dead_string) {
  auto* text = new std::string(50, 'a');
  const char* letters = text->c_str();
  if (!wrong) seen = static_cast<long>(std::strlen(letters));
  delete text;
  if (wrong) seen = static_cast<long>(std::strlen(letters));
}

CASE(copy_of_dead_view) {
  std::string_view view;
  const std::string kept(64, 'k');
  view = wrong ? std::string_view(std::string(64, 't')) : std::string_view(kept);
  const std::string copy(view);
}

CASE(write_by_stale_iterator) {
  std::vector<int> many(10, 1);
  auto first = many.begin();
  many.push_back(2);
  if (!wrong) first = many.begin();
  *first = 3;
}

CASE(copy_from_stale_data) {
  std::vector<int> many(10, 1);
  const int* data = many.data();
  many.resize(1000);
  if (!wrong) data = many.data();
  int copy[10];
  std::memcpy(copy, data, sizeof copy);
}

CASE(write_after_erase) {
  std::map<int, int> numbers{{1, 1}, {2, 2}};
  const auto found = numbers.find(1);
  if (wrong) numbers.erase(found);
  found->second = 3;
}

CASE(write_after_reset) {
  auto owner = std::make_unique<long[]>(9);
  long* const borrowed = owner.get();
  if (wrong) owner.reset();
  borrowed[8] = 1;
}

CASE(write_by_stale_lambda) {
  auto counter = std::make_shared<int>(0);
  const std::function<void()> count = [number = counter.get()] { *number = 5; };
  if (wrong) counter.reset();
  count();
}
