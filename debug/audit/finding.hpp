// SPDX-License-Identifier: MIT
// Findings, and where they go: to a function, at once, as the audit meets them. An audit of a heap
// that was overwritten finds the same thing everywhere, so of each invariant only the first few are
// passed on; the rest are counted. Never allocates.
#pragma once

#include <array>
#include <cstdint>

#include "base/strong.hpp"
#include "base/text.hpp"
#include "debug/audit/invariants.hpp"

namespace arenite {

/// What a finding is about; `number` is its index; for the root 0, or by how much a sum is off, so
/// that the same finding in two looks at a heap at work is the same indeed.
enum class Subject : std::uint8_t { root, table, guard, arena, pool, block, thread, size_class };
inline constexpr std::array kSubjectNames{"root", "table", "guard",  "arena",
                                          "pool", "block", "thread", "class"};

struct Place {
  Subject subject = Subject::root;
  std::uint64_t number = 0;
  /// Of the structure, or of the block.
  Address address = 0;
};

struct Finding {
  Invariant invariant;
  Place place;
  /// What is wrong; valid during the call.
  const char* text;
};

using Message = Text<240>;

class Findings {
 public:
  using Sink = void (*)(void* context, const Finding& finding);
  static constexpr std::uint64_t kDefaultLimit = 16;

  /// `limit`: how many findings of one invariant are passed on.
  Findings(Sink sink, void* context, std::uint64_t limit = kDefaultLimit)
      : sink_(sink), context_(context), limit_(limit) {}

  void add(Invariant invariant, Place place, const Message& message) {
    if (counts_[static_cast<std::size_t>(invariant)]++ < limit_)
      sink_(context_, {invariant, place, message.c_str()});
  }

  /// Something that should be there could not be read.
  void unreadable(Address at) {
    if (unreadable_++ == 0) first_unreadable_ = at;
  }

  std::uint64_t count(Invariant invariant) const {
    return counts_[static_cast<std::size_t>(invariant)];
  }
  std::uint64_t suppressed(Invariant invariant) const {
    return count(invariant) > limit_ ? count(invariant) - limit_ : 0;
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::uint64_t count : counts_) sum += count;
    return sum;
  }
  std::uint64_t unreadable_count() const { return unreadable_; }
  Address first_unreadable() const { return first_unreadable_; }

 private:
  Sink sink_;
  void* context_;
  std::uint64_t limit_;
  std::array<std::uint64_t, kInvariantCount> counts_{};
  std::uint64_t unreadable_ = 0;
  Address first_unreadable_ = 0;
};

}  // namespace arenite
