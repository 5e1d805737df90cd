// SPDX-License-Identifier: MIT
// The reference model of a guarded heap: what its quarantine must still hold, in which order blocks
// may leave it, and which bytes were written that nobody may write, so that damage that is told can
// be set against damage that was done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>

#include "base/strong.hpp"

namespace arenite::model {

/// Bytes that are not as the guarded heap left them. Each write is a flip: done twice, the byte is
/// as it was.
class FlippedBytes {
 public:
  void flip(Address at) {
    auto* byte = reinterpret_cast<unsigned char*>(at);
    *byte ^= 0x10;
    if (!bytes_.erase(at)) bytes_.insert(at);
  }
  bool empty() const { return bytes_.empty(); }
  bool begins_at(Address at) const { return !bytes_.empty() && *bytes_.begin() == at; }
  /// Told, and mended by the one who told.
  void clear() { bytes_.clear(); }

 private:
  std::set<Address> bytes_;
};

/// A block that was freed and has not left quarantine.
struct HeldBlock {
  Address at = 0;  ///< of the user's bytes
  std::size_t size = 0;
  Address outer_begin = 0;
  Address outer_end = 0;
  std::size_t slot = 0;
  FlippedBytes poison = {};
};

class HeldBlocks {
 public:
  /// The block, the record of 32 bytes, and the word by which it waits.
  static std::size_t held_bytes(const HeldBlock& block) {
    return block.outer_end - block.outer_begin + 32 + 8;
  }

  void add(HeldBlock block) {
    bytes_ += held_bytes(block);
    blocks_.push_back(std::move(block));
  }

  std::deque<HeldBlock>& blocks() { return blocks_; }
  /// Of memory that waiting takes.
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return blocks_.empty(); }

  /// The one whose heap block lies there; null if none.
  HeldBlock* find(Address at) {
    const auto found = std::find_if(blocks_.begin(), blocks_.end(), [at](const HeldBlock& block) {
      return at - block.outer_begin < block.outer_end - block.outer_begin;
    });
    return found == blocks_.end() ? nullptr : &*found;
  }
  /// The one last freed of a slot; null if none.
  HeldBlock* last_of(std::size_t slot) {
    const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                    [slot](const HeldBlock& block) { return block.slot == slot; });
    return found == blocks_.rend() ? nullptr : &*found;
  }
  bool overlaps(Address begin, Address end) const {
    return std::any_of(blocks_.begin(), blocks_.end(), [=](const HeldBlock& block) {
      return begin < block.outer_end && block.outer_begin < end;
    });
  }
  void remove(const HeldBlock* block) {
    const auto found = std::find_if(blocks_.begin(), blocks_.end(),
                                    [block](const HeldBlock& held) { return &held == block; });
    bytes_ -= held_bytes(*found);
    blocks_.erase(found);
  }

 private:
  std::deque<HeldBlock> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace arenite::model
