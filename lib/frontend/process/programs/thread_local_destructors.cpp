// SPDX-License-Identifier: MIT
// Destructors of thread-local objects free what others allocated, allocate, and make further
// thread-local objects; in many threads at once.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "program.h"

namespace {

std::atomic<int> destroyed{0};

struct Last {
  std::string text = std::string(100, 'l');
  ~Last() {
    use_malloc();
    ++destroyed;
  }
};
thread_local Last last;

struct First {
  std::vector<std::string> texts;
  ~First() {
    CHECK(is_ours(texts.data()));
    texts.clear();
    // Made during destruction, destroyed after it.
    last.text += std::string(5000, 'm');
    use_malloc();
    ++destroyed;
  }
};
thread_local First first;

}  // namespace

int main() {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    std::vector<std::string> given(100, std::string(200, 'g'));
    for (int i = 0; i < 10; ++i) threads.emplace_back([given] { first.texts = given; });
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(destroyed == 2 * 200);
  std::puts("done");
}
