// SPDX-License-Identifier: MIT
// Objects that nothing leads to any more at the end.
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "case.hpp"

CASE(lose_new) {
  auto* one = new double(0.5);
  if (!wrong) delete one;
}

CASE(lose_new_array) {
  auto* many = new short[25];
  if (!wrong) delete[] many;
}

CASE(lose_by_release) {
  auto owner = std::make_unique<long[]>(6);
  long* many = owner.release();
  if (!wrong) delete[] many;
}

struct Node {
  std::shared_ptr<Node> other;
};

CASE(lose_cycle_of_shared) {
  auto first = std::make_shared<Node>();
  auto second = std::make_shared<Node>();
  first->other = second;
  if (wrong) second->other = first;
}

CASE(lose_elements_of_vector) {
  std::vector<int*> many;
  for (int i = 0; i < 3; ++i) many.push_back(new int(i));
  for (int* one : many)
    if (!wrong) delete one;
}

CASE(lose_by_exception) {
  try {
    auto* many = new char[60];
    many[0] = 'x';
    if (wrong) throw std::runtime_error("between new and delete");
    delete[] many;
  } catch (const std::runtime_error&) {
  }
}

CASE(lose_string_in_malloc) {
  void* place = ::operator new(sizeof(std::string));
  auto* text = new (place) std::string(80, 't');
  if (!wrong) text->~basic_string();
  ::operator delete(place);
}

CASE(lose_by_map_overwrite) {
  std::map<int, long*> numbers;
  numbers[1] = new long(1);
  if (!wrong) delete numbers[1];
  numbers[1] = new long(2);
  delete numbers[1];
}

struct Shape {
  virtual ~Shape() = default;
};

struct Picture : Shape {
  char* pixels = new char[90];
  bool keeps = false;
  ~Picture() override {
    if (!keeps) delete[] pixels;
  }
};

CASE(lose_member) {
  auto picture = std::make_unique<Picture>();
  picture->keeps = wrong != 0;
}
