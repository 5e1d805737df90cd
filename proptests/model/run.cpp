// SPDX-License-Identifier: MIT
#include "proptests/model/run.hpp"

#include "proptests/model/heap_audit.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {

Outcome run(const Program& program, RunOptions options) {
  return run_with(program, options, HeapAudit{}, NoObserver{});
}

std::string to_text(const Divergence& divergence, const Program& program) {
  std::string where = "at the end";
  if (divergence.step < program.operations.size())
    where = "operation " + std::to_string(divergence.step + 1) + " (" +
            to_text(program.operations[divergence.step]) + ")";
  return where + ": " + divergence.property + ": " + divergence.what;
}

}  // namespace arenite::model
