// SPDX-License-Identifier: MIT
#include "debug/stacks/capture.hpp"

#include "debug/stacks/walk.hpp"

namespace arenite {

constinit OwnText own_text{};

void pass_over_own_frames(ByteRange own) {
  own_text.begin.store(own.begin, std::memory_order_relaxed);
  own_text.bytes.store(own.end - own.begin, std::memory_order_relaxed);
  // What was remembered may begin elsewhere.
  forget_rules();
}

[[gnu::noinline]] unsigned capture_stack(Address* to, unsigned most) {
  NoTrace trace;
  auto walk = Walk<NoTrace>::from_frame(__builtin_frame_address(0), trace);
  return walk.leave_own_frames() ? walk.take(to, most) : 0;
}

unsigned capture_callers(const void* frame_address, Address* to, unsigned most) {
  NoTrace trace;
  return Walk<NoTrace>::from_frame(frame_address, trace).take(to, most);
}

unsigned capture_from_context(const ucontext_t& context, Address* to, unsigned most) {
  const Address pc = kept_in(context, REG_RIP);
  if (most == 0) return 0;
  NoTrace trace;
  auto walk = Walk<NoTrace>::from_context(context, trace);
  to[0] = pc;
  if (!walk.step_from_interrupted(pc)) return 1;
  return 1 + walk.take(to + 1, most - 1);
}

}  // namespace arenite
