// SPDX-License-Identifier: MIT
// Exceptions through frames that own memory, rethrown, nested, handed to other threads.
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sum.h"

namespace {

int go_down(int depth, int fails_at) {
  const std::vector<int> many(static_cast<std::size_t>(depth + 1), depth);
  const auto one = std::make_unique<std::string>(40, static_cast<char>('a' + depth % 26));
  if (depth == fails_at) throw std::runtime_error(*one + std::to_string(depth));
  return many.back() + go_down(depth + 1, fails_at);
}

void add_text(const std::string& text) {
  add_bytes(text.data(), text.size());
}

void nest(int depth) {
  try {
    if (depth == 0) throw std::out_of_range("innermost of all the nested exceptions");
    nest(depth - 1);
  } catch (...) {
    std::throw_with_nested(std::logic_error("around it, at depth " + std::to_string(depth)));
  }
}

void add_nested(const std::exception& outer) {
  add_text(outer.what());
  try {
    std::rethrow_if_nested(outer);
  } catch (const std::exception& inner) {
    add_nested(inner);
  }
}

std::exception_ptr from_thread(int number) {
  std::exception_ptr caught;
  std::thread([&] {
    try {
      go_down(0, number);
    } catch (...) {
      caught = std::current_exception();
    }
  }).join();
  return caught;
}

}  // namespace

int main() {
  for (int i = 0; i < 300; ++i) try {
      go_down(0, i);
    } catch (const std::runtime_error& error) {
      add_text(error.what());
    }
  try {
    nest(10);
  } catch (const std::exception& outer) {
    add_nested(outer);
  }
  for (int i = 0; i < 20; ++i) try {
      std::rethrow_exception(from_thread(i));
    } catch (const std::runtime_error& error) {
      add_text(error.what());
    }
  return print_sum();
}
