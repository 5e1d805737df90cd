// SPDX-License-Identifier: MIT
// Containers, strings, functions and shared objects that come and go.
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sum.h"

namespace {

std::mt19937 numbers(12345);

void strings_and_maps() {
  std::map<std::string, std::vector<std::string>> texts;
  std::unordered_map<unsigned, std::string> by_number;
  for (int i = 0; i < 20000; ++i) {
    const unsigned number = numbers() % 500;
    auto& row = texts["key " + std::to_string(number % 100)];
    row.emplace_back(number % 80, static_cast<char>('a' + number % 26));
    if (row.size() > 20) row.erase(row.begin(), row.begin() + 10);
    by_number[number] += row.back();
    if (by_number[number].size() > 300) by_number.erase(number);
  }
  for (const auto& [key, row] : texts)
    for (const auto& text : row) add_bytes(text.data(), text.size());
  for (unsigned i = 0; i < 500; ++i) add(by_number.count(i));
}

void lists_and_queues() {
  std::list<std::deque<int>> list;
  std::multiset<unsigned> set;
  for (unsigned i = 0; i < 5000; ++i) {
    if (numbers() % 3 != 0) list.emplace_back(numbers() % 200, static_cast<int>(i));
    if (list.size() > 30) list.pop_front();
    set.insert(numbers() % 1000);
    if (set.size() > 300) set.erase(set.begin());
  }
  for (const auto& queue : list) add(queue.size());
  for (const unsigned one : set) add(one);
}

struct Node : std::enable_shared_from_this<Node> {
  std::shared_ptr<Node> next;
  std::weak_ptr<Node> previous;
  std::variant<int, std::string, std::vector<double>> value = 1;
};

void shared_objects() {
  for (int round = 0; round < 100; ++round) {
    std::shared_ptr<Node> first;
    for (int i = 0; i < 50; ++i) {
      auto node = std::make_shared<Node>();
      if (i % 3 == 1) node->value = std::string(40, 's');
      if (i % 3 == 2) node->value = std::vector<double>(30, 0.5);
      node->next = first;
      if (first) first->previous = node->weak_from_this();
      first = std::move(node);
    }
    for (auto node = first; node; node = node->next) add(node->value.index());
  }
}

void functions() {
  std::vector<std::function<unsigned()>> all;
  for (unsigned i = 0; i < 2000; ++i) {
    const std::string text(i % 100, 'f');
    all.emplace_back([text, i] { return static_cast<unsigned>(text.size()) + i; });
    if (all.size() > 100) all.erase(all.begin());
  }
  for (const auto& one : all) add(one());
}

}  // namespace

int main() {
  strings_and_maps();
  lists_and_queues();
  shared_objects();
  functions();
  return print_sum();
}
