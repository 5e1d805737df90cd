// SPDX-License-Identifier: MIT
// Keeps each stack once and names it by four bytes for good. Without locks: a stack that is there
// is found by loads alone, a new one is appended by compare and exchange, so that signal handlers,
// any thread and a forked child may go on at any time. Memory comes from mmap, as it is needed, out
// of address space reserved at the beginning; what is kept never moves and never goes away.
//
// Frames lie one stack after the other behind a header word each; a StackId is where the header
// lies, in words. A table of open addressing leads from a stack's hash to its id. When it is half
// full, one thread moves all to a larger one and closes each place it finds free, so that a stack
// that two threads bring meanwhile has one id all the same. Who meets a closed place waits, but not
// for ever, as it may be a signal handler above the very thread it waits for: its stack is then
// kept without being listed, and again when it comes again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/stacks/stack_id.hpp"

namespace arenite {

class StackDepot {
 public:
  /// 64 Mi words: 512 MiB of address space.
  static constexpr std::size_t kMostWords = std::size_t{1} << 26;
  /// Longer stacks are cut.
  static constexpr unsigned kMostFrames = 255;
  static constexpr std::size_t kFirstPlaces = 4096;

  constexpr StackDepot() = default;
  StackDepot(const StackDepot&) = delete;
  StackDepot& operator=(const StackDepot&) = delete;

  /// Reserves address space for `words` headers and frames, or less where it cannot be had. False
  /// if not even a little can; every stack is then 0. Once; whoever looks meanwhile finds nothing
  /// yet. `places`: of the first table, a power of two.
  bool open(std::size_t words = kMostWords, std::size_t places = kFirstPlaces);
  /// Gives everything back. Nobody may use the depot meanwhile, or any id of it later.
  void close();

  /// The id of the stack; 0 if it has no frames, or is new and there is no room.
  StackId put(const Address* frames, unsigned count);
  /// Copies the stack; returns how many of the `most` places are filled, 0 for what is no id.
  unsigned get(StackId id, Address* to, unsigned most) const;
  /// In a forked child, before the next `put`: a thread that is not there may have been filling a
  /// larger table.
  void reset_after_fork();

  /// Counts the stacks one by one.
  std::size_t stacks() const;
  /// What is in use of the address space, tables included.
  std::size_t bytes() const;
  std::size_t capacity_words() const { return capacity_; }
  /// Where headers and frames lie, and how many words of them there are, for readers from outside.
  Address words() const { return reinterpret_cast<Address>(words_); }
  const std::atomic<std::size_t>& used_words() const { return used_; }

 private:
  /// A place of a table: a hash above an id; 0 if it is free, kClosed if it will never be used.
  using Place = std::atomic<std::uint64_t>;
  struct Table;

  StackId find(const Table& table, std::uint32_t hash, const Address* frames, unsigned count) const;
  StackId append(std::uint32_t hash, const Address* frames, unsigned count);
  StackId insert(std::uint32_t hash, StackId id);
  StackId insert_into(Table& table, std::uint64_t entry);
  bool make_room(Table& table, unsigned& patience);
  bool holds(StackId id, std::uint32_t hash, const Address* frames, unsigned count) const;
  bool commit(std::size_t words);
  void grow(Table& table);
  std::size_t move(Table& from, Table& to);
  Table* map_table(std::size_t places);

  std::uint64_t* words_ = nullptr;
  std::size_t capacity_ = 0;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> committed_{0};
  std::atomic<Table*> table_{nullptr};
  std::atomic<bool> growing_{false};
  std::atomic<std::size_t> table_bytes_{0};
};

}  // namespace arenite
