// SPDX-License-Identifier: MIT
// Objects that live longer than main, and allocate when made and when destroyed.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "program.h"

namespace {

struct Keeper {
  std::vector<std::string> strings;
  std::unique_ptr<std::string> one = std::make_unique<std::string>(500, 'a');

  Keeper() { add(); }
  ~Keeper() {
    CHECK(is_ours(strings.data()) && is_ours(one.get()) && strings[999].size() == 1998);
    strings.clear();
    add();
    one = std::make_unique<std::string>(5000, 'b');
    CHECK(is_ours(one->data()));
  }
  void add() {
    for (std::size_t i = 0; i < 1000; ++i) strings.emplace_back(i * 2, 'c');
  }
};

Keeper global;
thread_local Keeper of_thread;

}  // namespace

int main() {
  static Keeper local;
  CHECK(of_thread.strings.size() == 1000);
  // The thread's object dies in the thread, the main thread's in exit, before the static ones.
  std::thread([] { CHECK(of_thread.strings.size() == 1000); }).join();
  std::puts("done");
}
