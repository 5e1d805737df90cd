// SPDX-License-Identifier: MIT
// The numbered invariants. The same id stands in the check, in the finding it reports and in the
// test that breaks exactly it; once published here an id never changes its meaning.
//
// They hold between operations. While a thread is inside one, a lock word is not zero, or the
// finding is gone at the next look (audit/in_process.hpp, and `arenite audit --pid`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace arenite {

enum class Invariant : std::uint8_t {
  R1,
  R2,
  R3,
  A1,
  A2,
  A3,
  A4,
  A5,
  P1,
  P2,
  P3,
  P4,
  P5,
  P6,
  P7,
  P8,
  B1,
  B2,
  L1,
  L2,
  T1,
  T2,
  S1,
  S2,
  D1,
  D2,
  D3,
  D4,
  D5,
  D6,
};

struct InvariantFacts {
  const char* id;
  const char* statement;
  /// What a violation usually means, and what goes wrong next.
  const char* broken;
  /// How it is checked, or why it cannot fail.
  const char* check;
};

// clang-format off
inline constexpr auto kInvariants = std::to_array<InvariantFacts>({
    {"R1", "The heap root has the cookie, version, size, pointer width and layout fingerprint of this build.",
     "The root was overwritten, or heap and reader were built from different layouts: nothing else can be read.",
     "Compared with the reader's own. On failure the audit ends here."},
    {"R2", "The root's numbers are sane: powers of two, classes strictly increasing, arrays apart, counts within capacity, tables as large as the arenas need.",
     "The root was overwritten; every walk is bounded by these numbers.",
     "Overflow-checked arithmetic on the root alone. On failure the audit ends here."},
    {"R3", "The build id in the root is the one of the mapped library.",
     "The library's file was replaced under the process, or the root belongs to another module.",
     "Compared with the build id note in the process's memory. Not checked where either is missing."},
    {"A1", "Tables and range lie inside the reservation, in their order, disjoint, with a guard region before, between and behind; the range begins at a multiple of an arena.",
     "The root was overwritten; tables would be read where users write.",
     "Arithmetic on the root. On failure the audit ends here."},
    {"A2", "Each arena is in exactly one list, the one for its number of free pools; lists link both ways.",
     "An arena is lost for new pools, or offered though it is full.",
     "Each list is walked, for at most as many steps as there are arenas; then each arena must have been met once."},
    {"A3", "The free-pool word of an arena has a bit for exactly its free pools.",
     "A pool in use is handed out a second time, or a free one never again.",
     "The word is held against the states of the 64 pools; pools inside a span have no bit."},
    {"A4", "Dirty and decommitted pools are free ones, and none is both.",
     "Old contents are taken for zeros, or pages in use are given back.",
     "Arithmetic on the three words of an arena."},
    {"A5", "Guard regions are inaccessible.",
     "Somebody mapped over a guard region or changed its protection: an overrun reaches the tables unnoticed.",
     "Held against the process's mappings; not checked without them."},
    {"P1", "A pool's state is one there is, and agrees with who holds it: an attached pool is in its owner's table and nobody else's, a listed one in its class's list with a free block, a kept span in its thread's header, any other in none.",
     "Two threads take blocks from one pool, or a list offers a pool that is somebody's.",
     "All thread tables and class lists are walked first; then each pool's state is held against them."},
    {"P2", "The class byte of a pool in use is the one of the class in its descriptor, a class there is; it is 0 for a free pool. No more blocks are carved than the pool has.",
     "free() takes a block for one of another size.",
     "Byte, descriptor and class table are compared for each pool."},
    {"P3", "Live + free + held in thread arrays = capacity.",
     "More blocks are free than there are: some are counted twice.",
     "Live blocks are those that are neither, so what is checked is that free and held together are at most the capacity."},
    {"P4", "No free bit is set beyond the capacity of a pool.",
     "A block that reaches into the next pool would be handed out.",
     "The bits behind the last block must be zero, in pools in use."},
    {"P5", "The number of free blocks is the number of bits set.",
     "It cannot be broken: no such number is stored.",
     "Holds by construction."},
    {"P6", "The lists of pools link both ways, hold each pool once, end at their tail, and are as long as they say.",
     "A list was overwritten: pools are lost, or a walk never ends.",
     "Each list is walked, for at most as many steps as there are pools."},
    {"P7", "There is no pool with free blocks that nobody offers.",
     "Memory is lost: the free blocks are never used again.",
     "A pool marked full has no bit set; a pool marked listed was met in a list."},
    {"P8", "Blocks that were never carved are free.",
     "The count of carved blocks is wrong, so pages taken for untouched may have been written; or a bit was cleared by somebody other than the pool's owner.",
     "All bits from the carved count to the capacity must be set. Whether the pages are zero is not looked at: a pool may begin with old contents."},
    {"B1", "A block is in exactly one place: live, a free bit, or one entry of one thread array or shelf.",
     "A double free that went unnoticed: the block will be handed out twice.",
     "The entries of all thread arrays and shelves are marked on a map of all blocks, which is held against the bitmaps."},
    {"B2", "No two live blocks overlap, and none overlaps anything that is not user memory.",
     "A pool inside a span is still somebody's: two users write the same bytes.",
     "Blocks of a pool cannot overlap by their arithmetic (R2); pools inside a span have class byte 0, no free bit, no list, no thread and no entry in an array."},
    {"L1", "Spans lie within the arenas, disjoint; the usable size fits the pools; the last descriptor agrees with the first.",
     "Part of a span is handed out again while it is in use, or is lost.",
     "Each span is measured from its first descriptor, and what follows is held against it."},
    {"L2", "Free stretches between spans are coalesced and found.",
     "It cannot be broken: a freed span is free pools, and neighbours are neighbouring bits.",
     "Holds by construction; A2 and A3 cover it."},
    {"T1", "The fill of an array is within its capacity, and that within its slots, as are the fill and room of a shelf; a diverted thread's capacities are zero; a block in nobody's hands is empty; a live one's thread exists.",
     "A thread block was overwritten, or a thread ended without handing back what it held.",
     "Header by header, against the class table. Threads are looked up where the process can be seen."},
    {"T2", "Entries of arrays and shelves are blocks of their class, and none stands twice anywhere.",
     "A double free, or a pointer freed that never was a block: malloc will hand it out.",
     "Each entry is resolved to pool and block, and marked."},
    {"S1", "The root's sums are the sums over the arenas.",
     "A count was missed; giving memory back goes wrong.",
     "Used and dirty pools are counted again."},
    {"S2", "Mapped bytes = live + free in pools + free pools + spans + rounding + tables + guard regions.",
     "Memory is unaccounted for, or the accessible part of the reservation is not what the root says.",
     "The statistics are added up; and committed stretches are held against the process's mappings where there are any."},
    {"D1", "The guard bytes before each block of the debug layer are intact.",
     "The program wrote before the beginning of a block, or behind the end of the one before it.",
     "Compared with the pattern, block by block. Only where the layer is on and users' memory can be read."},
    {"D2", "The guard bytes behind each block of the debug layer, and the rest of the heap's block, are intact.",
     "The program wrote behind the end of a block.",
     "As D1; of a large block's rest, the first 4096 bytes."},
    {"D3", "Freed blocks in quarantine are filled as they were when they were freed.",
     "The program wrote to a block after it was freed.",
     "As D1. Not where blocks are not filled (fill=none, fill=fresh)."},
    {"D4", "The record of each block fits it: requested size and head within the heap's block, family and alignment that exist, a serial that was given and is unique, stacks of the depot; and it is live or freed exactly where the heap says that the block is in use.",
     "Records were overwritten: reports about the block cannot be believed.",
     "Record by record, against the heap's bitmaps, the depot and the counter of serials."},
    {"D5", "Each freed block waits in exactly one place, the quarantine or the batch of a thread; the quarantine's count and bytes are those of its entries, and within its cap.",
     "A freed block is lost for ever, or given back to the heap twice.",
     "Ring and batches are walked and each entry marked; then each freed record must be marked. That the first in is the first out cannot be seen."},
    {"D6", "The pages of a live block on guard pages are accessible; those before and behind are not.",
     "Something changed the protection of the pages: an overrun is not noticed, or a sound access faults.",
     "A byte of each is read of the process. Only of a live process, with blocks on guard pages: files do not keep what was accessible."},
});
// clang-format on

inline constexpr std::size_t kInvariantCount = kInvariants.size();
static_assert(kInvariantCount == static_cast<std::size_t>(Invariant::D6) + 1);

constexpr const InvariantFacts& facts_of(Invariant invariant) {
  return kInvariants[static_cast<std::size_t>(invariant)];
}

}  // namespace arenite
