// SPDX-License-Identifier: MIT
// The stacks that a thread captured lately, so that one which comes again costs neither its steps
// nor the depot. A walk up a stack comes out the same if it begins the same and the words it read
// (return addresses, and those saved rbp that frames hang on) are the same: they are summed up as
// the hash of a stack is, in one go, for no word has to wait for the one before. Words that say
// where a frame lies count by how far they point above the beginning, so that what a recursion does
// at every depth is one walk. A wrong stack would need two sums of 64 bits to agree by chance.
//
// One for each thread, all zeroes in the beginning; no other thread may use it meanwhile. A signal
// handler on the thread may: it goes the long way if it comes in between. Stacks of coroutines,
// signal stacks and code without tables always go the long way. Never allocates, keeps errno.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/stacks/depot.hpp"

namespace arenite {

class RecentStacks {
 public:
  /// What `depot.put` makes of what `capture_stack` captures for the caller. At most 64 frames.
  StackId put(StackDepot& depot, unsigned most);

  std::uint64_t found() const { return found_; }

 private:
  static constexpr unsigned kSets = 32, kWays = 4, kMostWords = 36, kWordsAtOnce = 4;
  static constexpr unsigned kPlaces = 64, kPlacesAhead = 3;

  /// A walk. Free if its `id` is 0.
  struct alignas(64) Entry {
    std::uint64_t tag;  ///< see `tag_of`
    Address sp;
    Address place;
    Address rbp;             ///< at the beginning, if `rbp_matters`
    std::uint64_t sum;       ///< see `sum_of`
    std::uint64_t pointers;  ///< the sum of the factors of words that point to the stack
    StackId id;
    std::uint16_t farthest;  ///< of the offsets
    std::uint8_t words;      ///< a multiple of kWordsAtOnce
    bool rbp_matters : 1;
    bool anywhere : 1;                  ///< it would come out the same at another sp
    std::uint16_t offsets[kMostWords];  ///< from sp, in words
  };
  static_assert(sizeof(Entry) == 128);

  /// How far above a return address, or above sp, the next one lay.
  struct Hint {
    Address place;
    std::size_t offset;
  };

  struct Beginning;
  class Recorder;

  StackId put_once(StackDepot& depot, unsigned most, const void* frame);
  void begin_anew_if_stale(StackDepot& depot, unsigned most);
  std::uint64_t tag_of(const Beginning& beginning) const;
  static std::uint64_t sum_of(const Entry& entry, Address sp);
  bool begins_alike(const Entry& entry, const Beginning& beginning) const;
  const Entry* find(const Beginning& beginning, std::uint64_t tag) const;
  StackId record(StackDepot& depot, unsigned most, const void* frame);
  void forget();
  static std::size_t hint_index(Address place) {
    return (place * 0x9e3779b97f4a7c15 >> 32) % kPlaces;
  }
  static unsigned set_of(std::uint64_t tag) { return static_cast<unsigned>(tag >> 32) % kSets; }

  Entry entries_[kSets][kWays];
  Hint hints_[kPlaces];
  std::uint8_t next_way_[kSets];
  bool busy_;
  unsigned most_;
  std::uint32_t forgotten_;
  Address top_;
  const StackDepot* depot_;
  std::uint64_t found_;
};

}  // namespace arenite
