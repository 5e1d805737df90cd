// SPDX-License-Identifier: MIT
// Size distributions by name: `skewed` (8 to 8184 bytes, half of them below 16, each doubling half
// as frequent as the one before) and those recorded from real programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bench/recorded/recorded_sizes.hpp"
#include "bench/support/random.hpp"

namespace arenite::bench {

class Sizes {
 public:
  static constexpr const char* kNames = "skewed|python|compiler|redis|sqlite|git";

  explicit Sizes(std::string_view name)
      : recorded_(name == "python"     ? &kPythonSizes
                  : name == "compiler" ? &kCompilerSizes
                  : name == "redis"    ? &kRedisSizes
                  : name == "sqlite"   ? &kSqliteSizes
                  : name == "git"      ? &kGitSizes
                                       : nullptr),
        known_(recorded_ != nullptr || name == "skewed") {}

  bool known() const { return known_; }

  std::size_t pick(Random& random) const {
    if (recorded_ != nullptr) return (*recorded_)[random.below(recorded_->size())];
    const std::size_t base = std::size_t{8} << random.geometric(9);
    return base + random.below(base);
  }

 private:
  const RecordedSizes* recorded_;
  bool known_;
};

}  // namespace arenite::bench
