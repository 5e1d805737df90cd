// SPDX-License-Identifier: MIT
#include "fuzz/support/census.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

namespace arenite::fuzz {
namespace {

class Census {
 public:
  Census() : path_(std::getenv("ARENITE_FUZZ_CENSUS")) {}
  ~Census() {
    std::FILE* file = path_ == nullptr ? nullptr : std::fopen(path_, "w");
    if (file == nullptr) return;
    std::fprintf(file, "inputs %llu\n", inputs);
    for (std::size_t i = 0; i < model::kKinds; ++i)
      if (executed[i] != 0)
        std::fprintf(file, "%s %llu\n", model::name_of(static_cast<model::Kind>(i)), executed[i]);
    for (const auto& [name, times] : others)
      std::fprintf(file, "%.*s %llu\n", static_cast<int>(name.size()), name.data(), times);
    std::fclose(file);
  }
  Census(const Census&) = delete;
  Census& operator=(const Census&) = delete;

  unsigned long long inputs = 0;
  std::array<unsigned long long, model::kKinds> executed{};
  std::map<std::string_view, unsigned long long> others;

 private:
  const char* path_;
};

Census& census() {
  static Census census;
  return census;
}

}  // namespace

void count_input() {
  ++census().inputs;
}

void count(const char* name, unsigned long long times) {
  census().others[name] += times;
}

void count(const model::Outcome& outcome) {
  count_input();
  for (std::size_t i = 0; i < model::kKinds; ++i) census().executed[i] += outcome.executed[i];
}

}  // namespace arenite::fuzz
