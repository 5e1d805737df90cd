// SPDX-License-Identifier: MIT
// The four ways in which a block can be lost, in words; in the order of LeakKind.
#pragma once

#include <array>

#include "debug/census/leak_kinds.hpp"

namespace arenite::cli {

struct LeakText {
  const char* words;  ///< behind "blocks"
  const char* statement;
  const char* consequence;
  const char* check;
  const char* causes;
  const char* action;
};

// clang-format off
inline constexpr std::array<LeakText, kLeakKindNames.size()> kLeakTexts{{
    {"nothing points to",
     "A live block that neither a root nor another block points to.",
     "Nobody can free it any more: the process grows by it, and by all that it alone leads to.",
     "All live blocks, and all memory the process can write to, are searched for addresses of blocks, once.",
     "The last pointer was overwritten, or went out of scope, without a free; an early return or an exception skipped it.",
     "The stack says who allocated it (run with --mode debug); follow the pointer from there to where it is dropped."},
    {"reached only from inside",
     "A live block to which every way leads through a pointer to the inside of a block.",
     "Perhaps none: such pointers may be meant so (a member handed out, a header before the data). Then it is no leak.",
     "As K1; a pointer to a block's first byte on some way from a root clears it.",
     "A list through members, a library that keeps its own header before what it hands out; or a number that looks like an address.",
     "Look with arenite path at how it is reached; count it only where the program keeps no such pointers."},
    {"in a cycle nothing points to",
     "Live blocks that point to each other, and nothing else to them.",
     "Nobody can free them any more; counted pointers never reach zero.",
     "Of blocks that no root leads to, one that leads back to itself stands for its cycle.",
     "Objects that own each other (two std::shared_ptr), or a tree whose root was dropped and whose children know their parent.",
     "Make one of the two pointers weak, or break the cycle before the last owner goes."},
    {"reached only from an ended thread",
     "A live block that only the stack or the thread-local storage of an ended thread leads to.",
     "Nobody can free it any more: the next thread on that stack overwrites the pointer.",
     "Stacks that the C library keeps are known by the control block at their end, which is no living thread's.",
     "A thread_local pointer without a destructor, or memory that a thread kept on its stack and ended by pthread_exit.",
     "Give the thread-local object a destructor, or free before the thread ends."},
}};
// clang-format on

constexpr const LeakText& text_of(LeakKind kind) {
  return kLeakTexts[static_cast<std::size_t>(kind)];
}
constexpr const char* name_of(LeakKind kind) {
  return kLeakKindNames[static_cast<std::size_t>(kind)];
}

}  // namespace arenite::cli
