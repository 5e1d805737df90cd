// SPDX-License-Identifier: MIT
// Static objects, thread-local ones, and exit handlers that allocate and free when all else is
// over.
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sum.h"

namespace {

struct Last {
  std::map<int, std::string> texts{{1, std::string(100, 'l')}};
  ~Last() {
    texts[2] = std::string(200, 'm');
    for (const auto& [number, text] : texts) add(text.size() + static_cast<unsigned>(number));
    print_sum();
  }
};

Last last;
std::vector<std::unique_ptr<int>> numbers;
std::string* never_freed = new std::string(300, 'n');
thread_local std::string of_thread(77, 't');
char* freed_by_handler;

void at_exit() {
  std::free(freed_by_handler);
  freed_by_handler = nullptr;
  const auto once_more = std::make_shared<std::string>(500, 'o');
  add(once_more->size());
  std::atexit([] { add(std::vector<long>(1000, 3).size()); });
}

void work() {
  of_thread += std::string(100, 'u');
  thread_local std::vector<std::string> more(5, std::string(60, 'v'));
  more.push_back(of_thread);
}

}  // namespace

int main() {
  std::atexit(at_exit);
  freed_by_handler = static_cast<char*>(std::malloc(123));
  for (int i = 0; i < 10; ++i) numbers.push_back(std::make_unique<int>(i));
  for (int i = 0; i < 30; ++i) std::thread(work).join();
  work();
  add(of_thread.size() + never_freed->size());
}
