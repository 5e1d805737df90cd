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

std::uint64_t mixed(Address sp) {
  return sp * detail::kFactor[detail::kFactors - 1];
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

  Recorder(const Beginning& beginning, Hint* hints)
      : hints_(hints), last_(beginning.sp), last_word_(beginning.place) {
    entry_.sp = beginning.sp;
    entry_.place = beginning.place;
    entry_.rbp = beginning.rbp;
  }

  void word(Address at) {
    add(at);
    if (hints_left_ == 0) return;
    --hints_left_;
    // Whoever was first keeps the place: two in turn would change each other's tags.
    Hint& hint = hints_[hint_index(last_word_)];
    if (hint.place == 0 || hint.place == last_word_) hint = {last_word_, at - last_};
    last_ = at;
    last_word_ = word_at(at);
  }
  void pointer(Address at) {
    entry_.pointers += detail::kFactor[entry_.words];
    add(at);
  }
  void first_rbp() { entry_.rbp_matters = true; }
  void beyond_words() { complete_ = false; }

  bool complete() const { return complete_ && entry_.words != 0; }

  /// The entry; the words are as they were when the walk read them, for it was this thread's.
  /// `anywhere`: nothing ended the walk but that it was as long as asked for.
  Entry finish(StackId id, std::uint64_t tag, bool anywhere) {
    while (entry_.words % kWordsAtOnce != 0) entry_.offsets[entry_.words++] = entry_.offsets[0];
    entry_.id = id;
    entry_.tag = tag;
    entry_.anywhere = anywhere;
    entry_.sum = sum_of(entry_, entry_.sp);
    return entry_;
  }

 private:
  void add(Address at) {
    const Address offset = (at - entry_.sp) / sizeof(Address);
    if (entry_.words == kMostWords || offset > UINT16_MAX) return beyond_words();
    entry_.offsets[entry_.words++] = static_cast<std::uint16_t>(offset);
    entry_.farthest = std::max(entry_.farthest, static_cast<std::uint16_t>(offset));
  }

  Entry entry_{};
  bool complete_ = true;
  Hint* hints_;
  unsigned hints_left_ = kPlacesAhead;
  Address last_, last_word_;  ///< where the last return address lay, and what it was
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
  const std::uint64_t tag = tag_of(beginning);
  const Entry* entry = find(beginning, tag + mixed(beginning.sp));
  if (entry == nullptr) [[unlikely]]
    entry = find(beginning, tag);
  if (entry != nullptr) [[likely]] {
    ++found_;
    return entry->id;
  }
  return record(depot, most, frame);
}

[[gnu::noinline]] StackId RecentStacks::record(StackDepot& depot, unsigned most,
                                               const void* frame) {
  const Beginning beginning(frame);
  Recorder recorder(beginning, hints_);
  Address frames[kMostFrames];
  auto walk = Walk<Recorder>::from_frame(frame, recorder);
  if (!walk.leave_own_frames()) return 0;
  const unsigned count = walk.take(frames, most);
  const StackId id = depot.put(frames, count);
  if (id == 0 || !recorder.complete()) return id;
  // One that ends with the stack is looked for by where it begins, too: a recursion has many.
  const bool anywhere = count == most;
  const std::uint64_t tag = tag_of(beginning) + (anywhere ? 0 : mixed(beginning.sp));
  const unsigned set = set_of(tag);
  entries_[set][next_way_[set]] = recorder.finish(id, tag, anywhere);
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
  for (Hint& hint : hints_) hint = {};
}

/// Made of the first return addresses, which are looked for where they lay the last time after the
/// same one. Whatever the words are: they only choose where to look.
inline std::uint64_t RecentStacks::tag_of(const Beginning& beginning) const {
  Address at = beginning.sp, word = beginning.place;
  std::uint64_t tag = word * detail::kFactor[0];
  for (unsigned i = 1; i <= kPlacesAhead; ++i) {
    const Hint& hint = hints_[hint_index(word)];
    at += hint.offset;
    if (hint.place != word || at >= top_) break;
    word = word_at(at);
    tag += word * detail::kFactor[i];
  }
  return tag;
}

/// Of the words, each times a factor of its own. Pointers count from `sp`.
inline std::uint64_t RecentStacks::sum_of(const Entry& entry, Address sp) {
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < entry.words; i += kWordsAtOnce) {
    const std::uint16_t* offsets = entry.offsets + i;
    const std::uint64_t* factors = detail::kFactor.data() + i;
    const auto product = [&](unsigned k) {
      return word_at(sp + offsets[k] * sizeof(Address)) * factors[k];
    };
    sum += (product(0) + product(1)) + (product(2) + product(3));
  }
  return sum - sp * entry.pointers;
}

/// Whether the words of the entry can be read from here, and lead to the same walk if they are the
/// same.
inline bool RecentStacks::begins_alike(const Entry& entry, const Beginning& beginning) const {
  if (entry.id == 0 || entry.place != beginning.place) return false;
  const Address moved = beginning.sp - entry.sp;
  if (moved != 0 && (!entry.anywhere || beginning.sp + entry.farthest * sizeof(Address) >= top_))
    return false;
  return !entry.rbp_matters || entry.rbp + moved == beginning.rbp;
}

inline const RecentStacks::Entry* RecentStacks::find(const Beginning& beginning,
                                                     std::uint64_t tag) const {
  for (const Entry& entry : entries_[set_of(tag)])
    if (entry.tag == tag && begins_alike(entry, beginning) &&
        sum_of(entry, beginning.sp) == entry.sum)
      return &entry;
  return nullptr;
}

}  // namespace arenite
