// SPDX-License-Identifier: MIT
#include "debug/stacks/recent_stacks.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "debug/stacks/stack_hash.hpp"
#include "debug/stacks/walk.hpp"

namespace arenite {
namespace {

constexpr unsigned kMostFrames = 64;

StackId put_the_long_way(StackDepot& depot, unsigned most, const void* frame) {
  Address frames[kMostFrames];
  NoTrace trace;
  auto walk = Walk<NoTrace>::from_frame(frame, trace);
  return walk.leave_own_frames() ? depot.put(frames, walk.take(frames, most)) : 0;
}

/// Adds up words [from, to) of those that lie at `offsets` from `sp`.
std::uint64_t sum_of(Address sp, const std::uint16_t* offsets, unsigned from, unsigned to) {
  std::uint64_t sum = 0;
  for (unsigned i = from; i < to; ++i)
    sum += word_at(sp + offsets[i] * sizeof(Address)) * detail::kFactor[i];
  return sum;
}

}  // namespace

/// Where a walk begins.
struct RecentStacks::Beginning {
  explicit Beginning(const void* frame_address)
      : frame(reinterpret_cast<Address>(frame_address)),
        sp(frame + 16),
        place(word_at(frame + 8)),
        rbp(word_at(frame)) {}

  Address frame, sp, place, rbp;
};

/// Makes an entry of what a walk tells.
class RecentStacks::Recorder {
 public:
  static constexpr bool kTraces = true;

  explicit Recorder(const Beginning& beginning) {
    entry_.sp = beginning.sp;
    entry_.place = beginning.place;
    entry_.rbp = beginning.rbp;
  }

  void word(Address at, Address) {
    const Address offset = (at - entry_.sp) / sizeof(Address);
    if (entry_.words == kMostWords || offset > UINT16_MAX) return beyond_words();
    entry_.offsets[entry_.words++] = static_cast<std::uint16_t>(offset);
  }
  void first_rbp() { entry_.rbp_matters = true; }
  void beyond_words() { complete_ = false; }

  bool complete() const { return complete_; }

  /// The entry; the words are as they were when the walk read them, for it was this thread's.
  Entry finish(StackId id) {
    const unsigned first = std::min<unsigned>(entry_.words, kFirstWords);
    entry_.first_sum = sum_of(entry_.sp, entry_.offsets, 0, first);
    entry_.sum = sum_of(entry_.sp, entry_.offsets, first, entry_.words);
    entry_.id = id;
    return entry_;
  }

 private:
  Entry entry_{};
  bool complete_ = true;
};

[[gnu::noinline]] StackId RecentStacks::put(StackDepot& depot, unsigned most) {
  const void* frame = __builtin_frame_address(0);
  most = std::min(most, kMostFrames);
  if (busy_) [[unlikely]]
    return put_the_long_way(depot, most, frame);
  busy_ = true;
  // For signal handlers on this thread: nothing of what is between may move out.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const StackId id = put_once(depot, most, frame);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  busy_ = false;
  return id;
}

inline StackId RecentStacks::put_once(StackDepot& depot, unsigned most, const void* frame) {
  begin_anew_if_stale(depot, most);
  const Beginning beginning(frame);
  // Only there the words of an entry can be read for sure: it was made on this very stack.
  if (!detail::own_stack.holds(beginning.frame) || detail::own_stack.top != top_) [[unlikely]]
    return put_the_long_way(depot, most, frame);
  const unsigned set = set_of(beginning);
  if (const Entry* entry = find(beginning, set)) [[likely]] {
    ++found_;
    return entry->id;
  }
  return record(depot, most, frame);
}

[[gnu::noinline]] StackId RecentStacks::record(StackDepot& depot, unsigned most,
                                               const void* frame) {
  const Beginning beginning(frame);
  Recorder recorder(beginning);
  Address frames[kMostFrames];
  auto walk = Walk<Recorder>::from_frame(frame, recorder);
  if (!walk.leave_own_frames()) return 0;
  // Its first return address lies right below.
  hints_[hint_index(beginning.place)] = {beginning.place, walk.sp() - beginning.sp};
  const StackId id = depot.put(frames, walk.take(frames, most));
  if (id == 0 || !recorder.complete()) return id;
  const unsigned set = set_of(beginning);
  entries_[set][next_way_[set]] = recorder.finish(id);
  next_way_[set] = static_cast<std::uint8_t>((next_way_[set] + 1) % kWays);
  return id;
}

inline void RecentStacks::begin_anew_if_stale(StackDepot& depot, unsigned most) {
  const Address top = detail::own_stack.top;
  const std::uint32_t forgotten = times_forgotten();
  if (top == top_ && forgotten == forgotten_ && most == most_ && &depot == depot_) [[likely]]
    return;
  forget();
  top_ = top;
  forgotten_ = forgotten;
  most_ = most;
  depot_ = &depot;
}

[[gnu::noinline]] void RecentStacks::forget() {
  for (auto& set : entries_)
    for (Entry& entry : set) entry.id = 0;
}

inline unsigned RecentStacks::set_of(const Beginning& beginning) const {
  const Hint& hint = hints_[hint_index(beginning.place)];
  Address caller = 0;
  const Address at = beginning.sp + hint.offset - sizeof(Address);
  // Whatever the word is: it only chooses where to look.
  if (hint.place == beginning.place && at < top_) caller = word_at(at);
  const std::uint64_t mixed =
      (caller ^ (beginning.sp << 20) ^ (beginning.place << 40)) * detail::kFactor[0];
  return static_cast<unsigned>(mixed >> 32) % kSets;
}

inline const RecentStacks::Entry* RecentStacks::find(const Beginning& beginning,
                                                     unsigned set) const {
  for (const Entry& entry : entries_[set]) {
    if (entry.id == 0 || entry.sp != beginning.sp || entry.place != beginning.place) continue;
    const unsigned first = std::min<unsigned>(entry.words, kFirstWords);
    if (sum_of(entry.sp, entry.offsets, 0, first) != entry.first_sum) continue;
    if (sum_of(entry.sp, entry.offsets, first, entry.words) != entry.sum) continue;
    if (!entry.rbp_matters || entry.rbp == beginning.rbp) return &entry;
  }
  return nullptr;
}

}  // namespace arenite
