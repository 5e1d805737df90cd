// SPDX-License-Identifier: MIT
// The steps from frame to frame, for whoever captures. What a walk depended on can be traced: with
// the same code, registers and traced words, it comes out the same.
#pragma once

#include <sys/ucontext.h>

#include <atomic>
#include <cstddef>

#include "base/strong.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/stack_bounds.hpp"
#include "debug/stacks/unwind_rules.hpp"

namespace arenite {

/// The code whose frames captured stacks begin behind.
struct OwnText {
  std::atomic<Address> begin;
  std::atomic<Address> bytes;
};
[[gnu::visibility("hidden")]] extern constinit OwnText own_text;

/// Another function's word on the stack: no object of this program as far as instrumentation knows.
[[gnu::always_inline]] inline Address word_at(Address at) {
  Address word;
  asm("movq %1, %0" : "=r"(word) : "m"(*reinterpret_cast<const Address*>(at)));
  return word;
}

inline bool within_object(Address at) {
  LoadedObject object;
  return find_object(at, object);
}

inline Address kept_in(const ucontext_t& context, int number) {
  return static_cast<Address>(context.uc_mcontext.gregs[number]);
}

/// Is told what a walk depends on.
struct NoTrace {
  static constexpr bool kTraces = false;
  /// A word of the stack: a return address.
  void word(Address) {}
  /// One that says where a frame lies.
  void pointer(Address) {}
  /// The rbp at the beginning.
  void first_rbp() {}
  /// Something else.
  void beyond_words() {}
};

/// Frames of the library's own that are passed over before a walk gives up.
inline constexpr unsigned kMostPassedOver = 64;

/// One frame after the other, from young to old.
template <class Trace>
class Walk {
 public:
  /// `place` is a return address, `sp` and `bp` are as they will be when control is back there.
  [[gnu::always_inline]] Walk(Address place, Address sp, Address bp, Trace& trace)
      : place_(place), sp_(sp), bp_(bp), trace_(trace) {}

  /// From the caller of the function that runs in this frame.
  [[gnu::always_inline]] static Walk from_frame(const void* frame_address, Trace& trace) {
    const auto frame = reinterpret_cast<Address>(frame_address);
    Walk walk(word_at(frame + 8), frame + 16, word_at(frame), trace);
    walk.bounds_.enter(frame + 8, true);
    return walk;
  }

  static Walk from_context(const ucontext_t& context, Trace& trace) {
    Walk walk(kept_in(context, REG_RIP) + 1, kept_in(context, REG_RSP), kept_in(context, REG_RBP),
              trace);
    walk.bounds_.enter(walk.sp_, false);
    return walk;
  }

  /// Steps out of frames in the library's own code.
  [[gnu::always_inline]] bool leave_own_frames() {
    const Address begin = own_text.begin.load(std::memory_order_relaxed);
    const Address bytes = own_text.bytes.load(std::memory_order_relaxed);
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
      end = rbp() + static_cast<Address>(rule.offset());
    else
      return take_over(step_rarely(*this, rule));
    return leave_frame(end, rule);
  }

  /// Below the return address of the last step.
  Address sp() const { return sp_; }

  /// The first step from what a signal interrupted, which may be anything.
  bool step_from_interrupted(Address pc) {
    // A call to nowhere has left its return address, and nothing else, on the stack.
    if (!within_object(pc) && !readable_page(pc)) return step_from_entry();
    return step() || (place_ == pc + 1 && step_by_frame_pointer());
  }

 private:
  /// Where rbp has its value from, instead of an address on the stack.
  static constexpr Address kFromNowhere = 0, kFromBeginning = 1;
  /// On a stack whose end is not known, a frame pointer to farther above is one to another stack.
  static constexpr Address kFarthestFrame = Address{1} << 20;

  /// To the return address at `sp`, as if nothing had been done since a call.
  bool step_from_entry() {
    if (sp_ % 8 != 0 || !bounds_.holds(sp_)) return false;
    const Address to = word_at(sp_);
    if (!within_object(to - 1)) return false;
    place_ = to;
    sp_ += 8;
    return true;
  }

  /// rbp's value, which matters from here on.
  [[gnu::always_inline]] Address rbp() {
    if constexpr (Trace::kTraces) {
      if (bp_from_ == kFromBeginning)
        trace_.first_rbp();
      else if (bp_from_ != kFromNowhere)
        trace_.pointer(bp_from_);
      bp_from_ = kFromNowhere;
    }
    return bp_;
  }

  [[gnu::always_inline]] void set_rbp(Address value, Address from) {
    bp_ = value;
    if constexpr (Trace::kTraces) bp_from_ = from;
  }

  /// To the caller's frame, which begins at `end`. Frames only ever rise, so that no walk is
  /// endless.
  [[gnu::always_inline]] bool leave_frame(Address end, UnwindRule rule) {
    if (end <= sp_ || end % 8 != 0 || !bounds_.holds(end - 8)) [[unlikely]]
      return false;
    const Address to = word_at(end - 8);
    trace_.word(end - 8);
    if (rule.rbp() != SavedRbp::kept && !restore_rbp(end, rule)) [[unlikely]]
      set_rbp(0, kFromNowhere);
    sp_ = end;
    place_ = to;
    return to != 0;
  }

  [[gnu::always_inline]] bool restore_rbp(Address end, UnwindRule rule) {
    const auto offset = static_cast<Address>(rule.rbp_offset());
    Address at = end + offset;
    if (rule.rbp() != SavedRbp::at_cfa) [[unlikely]] {
      if (rule.rbp() == SavedRbp::lost) return false;
      at = rbp() + offset;
    }
    if (at % 8 != 0 || !bounds_.holds(at)) [[unlikely]]
      return false;
    set_rbp(word_at(at), at);
    return true;
  }

  struct Stepped;

  [[gnu::always_inline]] bool take_over(const Stepped& stepped) {
    place_ = stepped.walk.place_;
    sp_ = stepped.walk.sp_;
    bp_ = stepped.walk.bp_;
    bounds_ = stepped.walk.bounds_;
    bp_from_ = stepped.walk.bp_from_;
    return stepped.done;
  }

  /// By value: a walk whose address is known elsewhere cannot live in registers.
  [[gnu::noinline]] static Stepped step_rarely(Walk walk, UnwindRule rule) {
    const bool done = walk.step_in_some_way(rule);
    return {walk, done};
  }

  bool step_in_some_way(UnwindRule rule) {
    switch (rule.end()) {
      case FrameEnd::at_rsp:
        return leave_frame_at(sp_ + static_cast<Address>(rule.offset()), rule);
      case FrameEnd::at_rbp:
        return leave_frame_at(rbp() + static_cast<Address>(rule.offset()), rule);
      case FrameEnd::signal_frame:
        return leave_signal_frame();
      case FrameEnd::unknown:
        return step_by_frame_pointer();
      default:
        return false;
    }
  }

  bool leave_frame_at(Address at, UnwindRule rule) {
    if (at % 8 != 0 || !bounds_.holds(at)) return false;
    trace_.pointer(at);
    return leave_frame(word_at(at), rule);
  }

  /// What was interrupted may lie on another stack, at any address. A handler that goes round in a
  /// ring of forged contexts ends when the places are filled.
  bool leave_signal_frame() {
    const auto at = [this](int number) {
      return sp_ + offsetof(ucontext_t, uc_mcontext.gregs) +
             static_cast<Address>(number) * sizeof(greg_t);
    };
    trace_.beyond_words();
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
    trace_.beyond_words();
    if (bounds_.own_top() == 0 && bp_ - sp_ > kFarthestFrame) return false;
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
  Address bp_from_ = kFromBeginning;
  Trace& trace_;
};

template <class Trace>
struct Walk<Trace>::Stepped {
  Walk walk;
  bool done;
};

}  // namespace arenite
