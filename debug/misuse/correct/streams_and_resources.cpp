// SPDX-License-Identifier: MIT
// Streams, locales, regular expressions and polymorphic memory resources.
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <map>
#include <memory_resource>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sum.h"

namespace {

void add_text(const std::string& text) {
  add_bytes(text.data(), text.size());
}

void streams() {
  std::ostringstream to;
  to.imbue(std::locale::classic());
  for (int i = 0; i < 3000; ++i) to << std::setw(i % 20) << i << ' ' << i / 3.0 << '\n';
  add_text(to.str());
  std::istringstream from(to.str());
  std::string line;
  while (std::getline(from, line)) add_text(line);
  std::ifstream none("/no/such/file");
  add(none.good());
  std::ifstream some("/proc/self/cmdline");
  add(some.good());
  std::cerr << "";
}

void expressions() {
  const std::regex expression("([a-z]+)=([0-9]*);?");
  const std::string text = "one=1;two=22;three=;four=4444";
  for (int i = 0; i < 20; ++i)
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
      add_text(it->str(2) + it->str(1));
}

void fill(std::pmr::memory_resource& from) {
  std::pmr::map<int, std::pmr::string> texts(&from);
  std::pmr::vector<std::pmr::vector<long>> rows(&from);
  for (int i = 0; i < 2000; ++i) {
    texts[i % 300] += "a piece of text that is longer than what a string holds in itself";
    if (texts[i % 300].size() > 200) texts.erase(i % 300);
    rows.emplace_back(static_cast<std::size_t>(i % 70), i);
    if (rows.size() > 40) rows.erase(rows.begin());
  }
  for (const auto& [number, text] : texts) add(static_cast<unsigned>(number) + text.size());
  add(rows.size());
}

void resources() {
  std::pmr::monotonic_buffer_resource monotonic(1000);
  fill(monotonic);
  std::pmr::unsynchronized_pool_resource pools;
  fill(pools);
  std::pmr::synchronized_pool_resource shared;
  fill(shared);
  fill(*std::pmr::new_delete_resource());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&shared] {
      const std::pmr::vector<std::pmr::string> texts(
          100, std::pmr::string("of a thread, and long enough to be allocated", &shared), &shared);
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace

int main() {
  streams();
  expressions();
  resources();
  return print_sum();
}
