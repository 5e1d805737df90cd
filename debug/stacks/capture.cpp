// SPDX-License-Identifier: MIT
#include "debug/stacks/capture.hpp"

#include <atomic>
#include <cstddef>

#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/stack_bounds.hpp"
#include "debug/stacks/unwind_rules.hpp"

namespace arenite {
namespace {

/// Frames of the library's own that are passed over before a walk gives up.
constexpr unsigned kMostPassedOver = 64;

constinit std::atomic<Address> own_begin{0};
constinit std::atomic<Address> own_bytes{0};

/// Another function's word on the stack: no object of this program as far as instrumentation knows.
[[gnu::always_inline]] inline Address word_at(Address at) {
  Address word;
  asm("movq %1, %0" : "=r"(word) : "m"(*reinterpret_cast<const Address*>(at)));
  return word;
}

bool within_object(Address at) {
  LoadedObject object;
  return find_object(at, object);
}

Address kept_in(const ucontext_t& context, int number) {
  return static_cast<Address>(context.uc_mcontext.gregs[number]);
}

/// One frame after the other, from young to old.
class Walk {
 public:
  /// `place` is a return address, `sp` and `bp` are as they will be when control is back there.
  [[gnu::always_inline]] Walk(Address place, Address sp, Address bp)
      : place_(place), sp_(sp), bp_(bp) {}

  /// From the caller of the function that runs in this frame.
  [[gnu::always_inline]] static Walk from_frame(const void* frame_address) {
    const auto frame = reinterpret_cast<Address>(frame_address);
    Walk walk(word_at(frame + 8), frame + 16, word_at(frame));
    walk.bounds_.enter(frame + 8, true);
    return walk;
  }

  static Walk from_context(const ucontext_t& context) {
    Walk walk(kept_in(context, REG_RIP) + 1, kept_in(context, REG_RSP), kept_in(context, REG_RBP));
    walk.bounds_.enter(walk.sp_, false);
    return walk;
  }

  /// Steps out of frames in the library's own code.
  [[gnu::always_inline]] bool leave_own_frames() {
    const Address begin = own_begin.load(std::memory_order_relaxed);
    const Address bytes = own_bytes.load(std::memory_order_relaxed);
    unsigned left = kMostPassedOver;
    while (place_ - 1 - begin < bytes)
      if (--left == 0 || !step()) return false;
    return true;
  }

  [[gnu::always_inline]] unsigned take(Address* to, unsigned most) {
    if (most == 0) return 0;
    unsigned count = 0;
    do to[count++] = place_;
    while (count < most && step());
    return count;
  }

  [[gnu::always_inline]] bool step() {
    const UnwindRule rule = rule_before(place_);
    Address end;
    if (rule.end() == FrameEnd::from_rsp) [[likely]]
      end = sp_ + static_cast<Address>(rule.offset());
    else if (rule.end() == FrameEnd::from_rbp)
      end = bp_ + static_cast<Address>(rule.offset());
    else
      return step_rarely(rule);
    return leave_frame(end, rule);
  }

  /// To the return address at `sp`, as if nothing had been done since a call.
  bool step_from_entry() {
    if (sp_ % 8 != 0 || !bounds_.holds(sp_)) return false;
    const Address to = word_at(sp_);
    if (!within_object(to - 1)) return false;
    place_ = to;
    sp_ += 8;
    return true;
  }

 private:
  /// To the caller's frame, which begins at `end`. Frames only ever rise, so that no walk is
  /// endless.
  [[gnu::always_inline]] bool leave_frame(Address end, UnwindRule rule) {
    if (end <= sp_ || end % 8 != 0 || !bounds_.holds(end - 8)) [[unlikely]]
      return false;
    const Address to = word_at(end - 8);
    if (rule.rbp() != SavedRbp::kept && !restore_rbp(end, rule)) [[unlikely]]
      bp_ = 0;
    sp_ = end;
    place_ = to;
    return to != 0;
  }

  [[gnu::always_inline]] bool restore_rbp(Address end, UnwindRule rule) {
    const auto offset = static_cast<Address>(rule.rbp_offset());
    Address at = end + offset;
    if (rule.rbp() != SavedRbp::at_cfa) [[unlikely]] {
      if (rule.rbp() == SavedRbp::lost) return false;
      at = bp_ + offset;
    }
    if (at % 8 != 0 || !bounds_.holds(at)) [[unlikely]]
      return false;
    bp_ = word_at(at);
    return true;
  }

  [[gnu::noinline]] bool step_rarely(UnwindRule rule) {
    switch (rule.end()) {
      case FrameEnd::at_rsp:
        return leave_frame_at(sp_ + static_cast<Address>(rule.offset()), rule);
      case FrameEnd::at_rbp:
        return leave_frame_at(bp_ + static_cast<Address>(rule.offset()), rule);
      case FrameEnd::signal_frame:
        return leave_signal_frame();
      case FrameEnd::unknown:
        return step_by_frame_pointer();
      default:
        return false;
    }
  }

  bool leave_frame_at(Address at, UnwindRule rule) {
    return at % 8 == 0 && bounds_.holds(at) && leave_frame(word_at(at), rule);
  }

  /// What was interrupted may lie on another stack, at any address. A handler that goes round in a
  /// ring of forged contexts ends when the places are filled.
  bool leave_signal_frame() {
    const auto at = [this](int number) {
      return sp_ + offsetof(ucontext_t, uc_mcontext.gregs) +
             static_cast<Address>(number) * sizeof(greg_t);
    };
    if (sp_ % 8 != 0 || !bounds_.holds(at(REG_RBP)) || !bounds_.holds(at(REG_RIP))) return false;
    const Address to = word_at(at(REG_RIP));
    const Address bp = word_at(at(REG_RBP));
    const Address sp = word_at(at(REG_RSP));
    place_ = to + 1;
    bp_ = bp;
    sp_ = sp;
    bounds_.enter(sp, false);
    return to != 0;
  }

  /// For code without tables (JIT, assembler): a frame begins with the caller's rbp, the return
  /// address above it. Not believed unless it leads back to code that is known, or on to another
  /// such frame.
  bool step_by_frame_pointer() {
    if (bp_ < sp_ || bp_ % 8 != 0 || !bounds_.holds(bp_) || !bounds_.holds(bp_ + 8)) return false;
    const Address next = word_at(bp_), to = word_at(bp_ + 8);
    if (to == 0) return false;
    if (!within_object(to - 1) &&
        (within_object(place_ - 1) || next <= bp_ || next % 8 != 0 || !bounds_.holds(next)))
      return false;
    sp_ = bp_ + 16;
    bp_ = next;
    place_ = to;
    return true;
  }

  Address place_;
  Address sp_;
  Address bp_;
  StackBounds bounds_;
};

}  // namespace

void pass_over_own_frames(ByteRange own_text) {
  own_begin.store(own_text.begin, std::memory_order_relaxed);
  own_bytes.store(own_text.end - own_text.begin, std::memory_order_relaxed);
}

[[gnu::noinline]] unsigned capture_stack(Address* to, unsigned most) {
  Walk walk = Walk::from_frame(__builtin_frame_address(0));
  return walk.leave_own_frames() ? walk.take(to, most) : 0;
}

unsigned capture_callers(const void* frame_address, Address* to, unsigned most) {
  return Walk::from_frame(frame_address).take(to, most);
}

unsigned capture_from_context(const ucontext_t& context, Address* to, unsigned most) {
  const Address pc = kept_in(context, REG_RIP);
  if (most == 0) return 0;
  Walk walk = Walk::from_context(context);
  to[0] = pc;
  // A call to nowhere has left its return address, and nothing else, on the stack.
  const bool nowhere = !within_object(pc) && !readable_page(pc);
  if (!(nowhere ? walk.step_from_entry() : walk.step())) return 1;
  return 1 + walk.take(to + 1, most - 1);
}

}  // namespace arenite
