// SPDX-License-Identifier: MIT
// The quarantine, twice over the same program: bare, with several batches, against a queue; and in
// a guard heap of one batch, where the order of all that leaves is known, as is the poison that
// must be whole, and which addresses may not come again.
#include "debug/guard/quarantine.hpp"

#include <deque>
#include <vector>

#include "fuzz/support/census.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/run_guarded.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_guarded_heaps;

namespace {

using namespace arenite;
using model::Kind;

class BareQuarantine {
 public:
  explicit BareQuarantine(const model::Program& program)
      : program_(program),
        most_(std::size_t{512} << program.configuration.quarantine_code % 8),
        batches_(program.configuration.threads) {
    if (!quarantine_.open(most_, kLeast)) fail("no memory");
  }
  ~BareQuarantine() { quarantine_.close(); }
  BareQuarantine(const BareQuarantine&) = delete;
  BareQuarantine& operator=(const BareQuarantine&) = delete;

  void run() {
    for (const model::Operation& operation : program_.operations) {
      QuarantineBatch& batch = batches_[operation.slot % batches_.size()];
      if (operation.kind == Kind::trim) {
        quarantine_.drain([this](QuarantineEntry entry) { leaves(entry); });
        if (!waiting_.empty()) fail("something stays when all has to leave");
      } else if (operation.kind == Kind::hand_back || batch.full()) {
        hand_over(batch);
      } else {
        batch.add({next_ += 16, kLeast + operation.arg % (operation.flags < 8 ? 1u << 26 : 4096u)});
      }
      if (quarantine_.bytes() > most_) fail("more waits than may");
      if (quarantine_.count() != waiting_.size()) fail("counts another number than waits");
    }
  }

 private:
  static constexpr std::size_t kLeast = 32;

  [[noreturn]] void fail(const char* what) {
    arenite::fuzz::fail(std::string("quarantine: ") + what, program_);
  }

  void hand_over(QuarantineBatch& batch) {
    const std::size_t before = waiting_.size();
    left_last_ = 0;
    for (unsigned i = 0; i < batch.count; ++i) {
      waiting_.push_back(batch.entries[i]);
      bytes_ += batch.entries[i].held_bytes();
    }
    const std::size_t room =
        most_ / (kLeast + QuarantineEntry::kNotedBytes) + QuarantineBatch::kEntries;
    const bool too_many = before + batch.count > room;
    quarantine_.take_in(batch, [this](QuarantineEntry entry) { leaves(entry); });
    for (; batch.left < batch.leaving_count; ++batch.left) leaves(batch.leaving[batch.left]);
    if (bytes_ > most_) fail("too few left");
    // The last that left had to: with it there would be too many, or too much.
    if (left_last_ != 0 && !too_many && bytes_ + left_last_ <= most_) fail("one left too many");
    arenite::fuzz::count("handed_over");
  }

  void leaves(QuarantineEntry entry) {
    if (waiting_.empty() || waiting_.front().block() != entry.block())
      fail("not first in, first out");
    left_last_ = entry.held_bytes();
    bytes_ -= entry.held_bytes();
    waiting_.pop_front();
    arenite::fuzz::count("left");
  }

  const model::Program& program_;
  std::size_t most_;
  std::vector<QuarantineBatch> batches_;
  Quarantine quarantine_;
  std::deque<QuarantineEntry> waiting_;
  std::size_t bytes_ = 0;
  std::size_t left_last_ = 0;
  Address next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  model::Program program = arenite::fuzz::program_of(data, size);
  BareQuarantine(program).run();
  program.configuration.threads = 1;
  program.configuration.quarantine_code &= 3;
  const model::Outcome outcome = model::run_guarded(program);
  arenite::fuzz::count(outcome);
  arenite::fuzz::count("left_quarantine", outcome.left_quarantine);
  if (outcome.diverged())
    arenite::fuzz::fail("quarantine: " + model::to_text(*outcome.divergence, program), program);
  return 0;
}
