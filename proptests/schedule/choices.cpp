// SPDX-License-Identifier: MIT
#include "proptests/schedule/choices.hpp"

#include <algorithm>
#include <cstdlib>

namespace arenite::schedule {

unsigned Schedule::at(std::uint32_t step) const {
  for (const Choice& each : choices_)
    if (each.step == step) return each.choice;
  return 0;
}

std::string Schedule::text() const {
  std::string text;
  for (const Choice& each : choices_) {
    if (!text.empty()) text += ' ';
    text += std::to_string(each.step) + ':' + std::to_string(each.choice);
  }
  return text;
}

bool Schedule::parse(const std::string& text) {
  choices_.clear();
  const char* at = text.c_str();
  const auto number = [&at](unsigned long& to) {
    char* end = nullptr;
    if (*at < '0' || *at > '9') return false;
    to = std::strtoul(at, &end, 10);
    at = end;
    return true;
  };
  while (*at != '\0') {
    unsigned long step = 0, choice = 0;
    if (!number(step) || *at++ != ':' || !number(choice)) return false;
    choices_.push_back({static_cast<std::uint32_t>(step), static_cast<unsigned>(choice)});
    if (*at == ' ') ++at;
  }
  return true;
}

unsigned DepthFirst::choose(std::uint32_t step, Question question, unsigned options,
                            std::span<const ThreadIndex>) {
  const bool costs = question != Question::go_on;
  if (costs && used_ >= bound_) return 0;
  // A run that does not repeat itself up to here depends on something outside of it.
  if (depth_ < path_.size() && (path_[depth_].step != step || path_[depth_].options != options))
    std::abort();
  if (depth_ == path_.size()) path_.push_back({step, options, 0});
  const unsigned chosen = path_[depth_++].chosen;
  if (costs && chosen != 0) ++used_;
  return chosen;
}

bool DepthFirst::next() {
  while (!path_.empty() && path_.back().chosen + 1 == path_.back().options) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().chosen;
  begin();
  return true;
}

void Priorities::begin(std::uint32_t steps) {
  drops_.clear();
  for (unsigned i = 0; i < changes_; ++i)
    drops_.push_back(static_cast<std::uint32_t>(random_() % std::max(steps, 1u)));
  lowest_ = 0;
  for (int& each : priority_) each = static_cast<int>(random_() % 1000) + 1;
}

unsigned Priorities::choose(std::uint32_t step, Question, unsigned options,
                            std::span<const ThreadIndex> threads) {
  constexpr unsigned kOldValuesOnceIn = 16;
  if (threads.empty())
    return random_() % kOldValuesOnceIn == 0 ? static_cast<unsigned>(random_() % options) : 0;
  // Steps without a choice are not seen here: a drop counts at the first one that has.
  for (std::uint32_t& drop : drops_)
    if (drop <= step) {
      priority_[threads[0]] = --lowest_;
      drop = ~std::uint32_t{0};
    }
  unsigned best = 0;
  for (unsigned i = 1; i < options; ++i)
    if (priority_[threads[i]] > priority_[threads[best]]) best = i;
  return best;
}

}  // namespace arenite::schedule
