// SPDX-License-Identifier: MIT
#include "debug/leaks/reach.hpp"

#include <cstring>

#include "layout/own_memory.hpp"

namespace arenite {
namespace {

constexpr std::size_t kWordBytes = sizeof(Address);
/// Blocks from here on may have pages the program has protected or never written; they are read
/// with the care roots are read with. A smaller one shares its pages with others.
constexpr std::size_t kCarefulBytes = MemoryWalk::kPageBytes;

}  // namespace

void Reach::add_root(Address word) {
  consider(word);
  drain();
}

void Reach::add_roots(Address begin, Address end, Pages which) {
  walk_.read(begin, end, which, [&](Address at, const unsigned char* bytes, std::size_t count) {
    scan_copy(at, bytes, count, 0);
  });
  drain();
}

void Reach::add_reached_blocks() {
  for (std::uint32_t block = 0; block < blocks_.count(); ++block)
    if (blocks_[block].mark == LeakMark::reached) {
      scan_block(block);
      drain();
    }
}

void Reach::tell_leaks_apart() {
  phase_ = Phase::pointing;
  for (std::uint32_t block = 0; block < blocks_.count(); ++block)
    if (blocks_[block].mark == LeakMark::unreached || blocks_[block].mark == LeakMark::pointed_to)
      scan_block(block);
  settle_batch();
  phase_ = Phase::spreading;
  for (std::uint32_t block = 0; block < blocks_.count(); ++block)
    if (blocks_[block].mark == LeakMark::unreached) spread_from(block, LeakMark::direct);
  // What is still only pointed to hangs from cycles. Of those tried in turn, each can be reached
  // from later ones alone, so that going back, one that is not yet reached stands for its cycle.
  phase_ = Phase::trying;
  for (std::uint32_t block = 0; block < blocks_.count(); ++block)
    if (blocks_[block].mark == LeakMark::pointed_to) spread_from(block, LeakMark::cycle_top);
  phase_ = Phase::spreading;
  for (std::uint32_t block = blocks_.count(); block-- > 0;)
    if (blocks_[block].mark == LeakMark::cycle_top) spread_from(block, LeakMark::direct);
}

void Reach::spread_from(std::uint32_t block, LeakMark as) {
  blocks_[block].mark = as;
  tops_[block] = block;
  top_ = block;
  scan_block(block);
  drain();
}

void Reach::settle_batch() {
  const unsigned batched = batched_;
  batched_ = 0;
  for (unsigned i = 0; i < batched; ++i) {
    batch_[i].first = *batch_[i].granule;
    if (batch_[i].first != 0) __builtin_prefetch(&blocks_[batch_[i].first - 1]);
  }
  for (unsigned i = 0; i < batched; ++i) {
    const std::uint32_t to = blocks_.find_from(batch_[i].first, batch_[i].word);
    if (to != LiveBlocks::kNoBlock) edge(batch_[i].from, to);
  }
}

void Reach::edge(std::uint32_t from, std::uint32_t to) {
  LeakMark& mark = blocks_[to].mark;
  switch (phase_) {
    case Phase::reaching:
      if (mark != LeakMark::unreached) return;
      mark = LeakMark::reached;
      return push(to);
    case Phase::pointing:
      if (mark == LeakMark::unreached && from != to) mark = LeakMark::pointed_to;
      return;
    case Phase::trying:
      if (mark != LeakMark::pointed_to) return;
      mark = LeakMark::cycle_member;
      return push(to);
    case Phase::spreading:
      if (mark != LeakMark::pointed_to && mark != LeakMark::cycle_member &&
          mark != LeakMark::cycle_top)
        return;
      mark = LeakMark::indirect;
      tops_[to] = top_;
      return push(to);
  }
}

/// No block waits twice: it is pushed as its mark changes, and scanned before that phase ends.
void Reach::push(std::uint32_t block) {
  __builtin_prefetch(reinterpret_cast<const void*>(blocks_[block].begin));
  work_[waiting_++] = block;
}

void Reach::drain() {
  while (waiting_ > 0 || batched_ > 0) {
    if (waiting_ == 0)
      settle_batch();
    else
      scan_block(work_[--waiting_]);
  }
}

void Reach::scan_block(std::uint32_t block) {
  const Address begin = blocks_[block].begin, end = blocks_[block].end;
  from_ = block;
  if (end - begin >= kCarefulBytes) {
    walk_.read(begin, end, Pages::all,
               [&](Address at, const unsigned char* bytes, std::size_t count) {
                 scan_copy(at, bytes, count, 0);
                 if (begin % kWordBytes != 0) scan_copy(at, bytes, count, begin);
               });
  } else if (begin % kWordBytes == 0) {
    scan_aligned(begin, end);
  } else {
    unsigned char copy[kCarefulBytes];
    OwnMemory::copy(begin, copy, end - begin);
    scan_copy(begin, copy, end - begin, 0);
    scan_copy(begin, copy, end - begin, begin);
  }
}

/// A block of no bytes has an end one behind its beginning, and no words.
void Reach::scan_aligned(Address begin, Address end) {
  using Word [[gnu::may_alias]] = const Address;
  for (Address at = begin; end - at >= kWordBytes; at += kWordBytes)
    // Whatever thread still runs may be writing it.
    consider(__atomic_load_n(reinterpret_cast<Word*>(at), __ATOMIC_RELAXED));
}

/// Words at addresses that equal `phase` in their last three bits.
void Reach::scan_copy(Address at, const unsigned char* bytes, std::size_t count, Address phase) {
  for (std::size_t i = (phase - at) % kWordBytes; i + kWordBytes <= count; i += kWordBytes) {
    Address word;
    std::memcpy(&word, bytes + i, sizeof word);
    consider(word);
  }
}

}  // namespace arenite
