// SPDX-License-Identifier: MIT
// Captures the stack of the calling thread, youngest first. Steps by the unwind tables
// (unwind_rules.hpp); where code has none, by the frame pointer if it points to something that
// looks like a frame; else the stack ends there. Never reads beyond a stack (stack_bounds.hpp),
// ends on malformed ones, never allocates, takes no lock, keeps errno. Safe on any stack and in
// signal handlers. `prepare_objects` comes first; without it there are only frame pointers.
//
// All that is captured are return addresses: the call lies before them. What a signal interrupted
// is given as if a call ended there, program counter plus one, so that a reader who takes one off
// names the right instruction in either case.
#pragma once

#include <sys/ucontext.h>

#include "base/strong.hpp"
#include "debug/stacks/call_frames.hpp"

namespace arenite {

/// Captured stacks begin behind the frames whose code lies in here: those of the library itself. No
/// frame is passed over until it is called.
void pass_over_own_frames(ByteRange own);

/// The caller's stack. Returns how many of the `most` places are filled.
unsigned capture_stack(Address* to, unsigned most);

/// From the caller of the function whose `__builtin_frame_address(0)` is given, on this thread's
/// stack. Costs less than `capture_stack`, which has to step out of the library first.
unsigned capture_callers(const void* frame_address, Address* to, unsigned most);

/// What a signal interrupted, from its handler. The first is the exact program counter.
unsigned capture_from_context(const ucontext_t& context, Address* to, unsigned most);

}  // namespace arenite
