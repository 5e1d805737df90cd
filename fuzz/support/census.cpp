// SPDX-License-Identifier: MIT
#include "fuzz/support/census.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace arenite::fuzz {
namespace {

class Census {
 public:
  Census() : path_(std::getenv("ARENITE_FUZZ_CENSUS")) {}
  ~Census() {
    std::FILE* file = path_ == nullptr ? nullptr : std::fopen(path_, "w");
    if (file == nullptr) return;
    std::fprintf(file, "programs %llu\n", programs_);
    for (std::size_t i = 0; i < model::kKinds; ++i)
      std::fprintf(file, "%s %llu\n", model::name_of(static_cast<model::Kind>(i)), executed_[i]);
    std::fclose(file);
  }
  Census(const Census&) = delete;
  Census& operator=(const Census&) = delete;

  void add(const model::Outcome& outcome) {
    ++programs_;
    for (std::size_t i = 0; i < model::kKinds; ++i) executed_[i] += outcome.executed[i];
  }

 private:
  const char* path_;
  unsigned long long programs_ = 0;
  std::array<unsigned long long, model::kKinds> executed_{};
};

}  // namespace

void count(const model::Outcome& outcome) {
  static Census census;
  census.add(outcome);
}

}  // namespace arenite::fuzz
