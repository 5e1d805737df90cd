// SPDX-License-Identifier: MIT
// SARIF 2.1.0 (OASIS): findings as code hosts and editors read them. A rule for each invariant, a
// result for each finding, at the place in a source file where the block was allocated if that is
// known, otherwise in the module whose heap it is.
#pragma once

#include <string>
#include <vector>

#include "debug/cli/heap_json.hpp"
#include "debug/cli/stack_names.hpp"

namespace arenite::cli {

struct SarifRule {
  std::string id;
  std::string name;  ///< a sentence
  std::string help;
  std::string level;  ///< error, warning, note
};

struct SarifResult {
  std::string rule;
  std::string message;
  std::string module;   ///< where no frame is known
  Address address = 0;  ///< 0: none
  std::vector<NamedFrame> stack;
  const NamedFrame* culprit = nullptr;  ///< one of the stack
};

class SarifLog {
 public:
  explicit SarifLog(std::vector<SarifRule> rules) : rules_(std::move(rules)) {}

  void add(const SarifResult& result);
  /// `exit`: what the command ends with; `notification`: why it could not tell, or "".
  Json json(int exit, const std::string& notification) const;

 private:
  std::vector<SarifRule> rules_;
  Json results_ = Json::array();
};

}  // namespace arenite::cli
