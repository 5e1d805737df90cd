// SPDX-License-Identifier: MIT
// Runs a program on the guard heap of the debug layer and the reference model side by side: each
// injected misuse must get its verdict, on the right byte, and nothing else any. Blocks leave
// quarantine first in first out, not before it is full, untouched, and are not reused before.
// Never asserts: the first difference comes back as a value.
//
// trim drains the quarantine, hand_back hands a batch over, check_all checks all guards and poison.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "debug/guard/guard_heap.hpp"
#include "debug/guard/heap_source.hpp"
#include "proptests/model/contents.hpp"
#include "proptests/model/expectation.hpp"
#include "proptests/model/fatal_trap.hpp"
#include "proptests/model/fields.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/held_blocks.hpp"
#include "proptests/model/session.hpp"
#include "proptests/model/size_code.hpp"

namespace arenite::model {

/// The thread block of a session, as HeapSource wants it.
struct SessionThread {
  struct Lease {
    ThreadBlock number;
    ThreadBlock block() const { return number; }
  };
  const ThreadBlock* number;
  Lease operator()() const { return {*number}; }
};

/// A heap as a source that tells `Session` before a block goes back to it.
template <class Heap, class Session>
class WatchedSource : public HeapSource<Heap, SessionThread> {
 public:
  WatchedSource(Heap& heap, SessionThread thread, Session& session)
      : HeapSource<Heap, SessionThread>(heap, thread), session_(&session) {}
  void free(void* block) {
    session_->leaves(reinterpret_cast<Address>(block));
    HeapSource<Heap, SessionThread>::free(block);
  }

 private:
  Session* session_;
};

/// `Guarded<Source>` is arenite::GuardHeap, or in tests one with a bug.
template <class G, template <class> class Guarded = GuardHeap>
class GuardSession {
 public:
  using Heap = ModelHeap<G>;
  using Source = WatchedSource<Heap, GuardSession>;

  Outcome run(const Program& program, RunOptions options = {}) {
    const FatalTrap trap;
    try {
      if (open(program.configuration)) {
        for (step_ = 0; step_ < program.operations.size(); ++step_) {
          if (options.begun != nullptr) *options.begun = static_cast<std::uint32_t>(step_ + 1);
          const Operation& operation = program.operations[step_];
          if (step(operation)) ++outcome_.executed[static_cast<std::size_t>(operation.kind)];
          if (options.audit_every != 0 && (step_ + 1) % options.audit_every == 0) audit();
        }
        finish();
      }
    } catch (Divergence& divergence) {
      divergence.step = step_;
      outcome_.divergence = std::move(divergence);
    } catch (const Fatal& fatal) {
      outcome_.divergence = {step_, "P19", "fatal message: " + fatal.message};
    }
    guarded_.close();
    heap_.close();
    return std::move(outcome_);
  }

  /// From the source: a block of the heap is given back to it.
  void leaves(Address outer) {
    HeldBlock* block = held_.find(outer);
    if (block == nullptr || block->outer_begin != outer)
      return note("P12", "gives back " + hex(outer) + ", which was not in quarantine");
    if (strict_ && block != &held_.blocks().front())
      note("P12", "not first in, first out: " + hex(block->at) + " leaves before " +
                      hex(held_.blocks().front().at));
    // What one batch lets go one by one, another may have made room for meanwhile.
    if (strict_ && !draining_ && held_.bytes() <= settings_.quarantine_bytes)
      note("P12", hex(block->at) + " leaves though there is room");
    if (!block->poison.empty())
      note("P18", "a write to the freed block at " + hex(block->at) + " was not told");
    if (poisoned(*block) && first_unlike({block->at, block->at + block->size}, kFreedByte) != 0)
      note("P12", "the poison of " + hex(block->at) + " was not whole when it left");
    held_.remove(block);
    ++outcome_.left_quarantine;
  }

 private:
  struct Live {
    Address at = 0;
    std::size_t size = 0;
    std::size_t alignment = 0;
    Family family = Family::malloc;
    std::uint64_t seed = 0;
    Address outer_begin = 0;
    Address outer_end = 0;
    FlippedBytes behind = {}, before = {};
  };
  struct Awaited {
    Fault fault;
    Address bad;
  };

  static std::string hex(Address at) { return (Text<32>() << Hex{at}).c_str(); }
  [[noreturn]] static void diverge(const char* property, const std::string& what) {
    throw Divergence{0, property, what};
  }
  /// Inside a call of the heap, where nothing may be thrown; the first counts.
  void note(const char* property, std::string what) {
    if (!noted_) noted_ = Divergence{0, property, std::move(what)};
  }

  static std::size_t guard_bytes(const Configuration& configuration) {
    constexpr std::size_t kBytes[] = {16, 32, 112, 1024};
    return kBytes[configuration.guard_code];
  }

  bool open(const Configuration& configuration) {
    live_.resize(configuration.slots());
    settings_.guard_bytes = guard_bytes(configuration);
    settings_.guard_key = configuration.keyed ? 0x9e3779b97f4a7c15 : 0;
    settings_.fill_fresh = settings_.fill_freed = !configuration.unfilled;
    settings_.quarantine_bytes = std::size_t{512} << configuration.quarantine_code;
    // Between the batches of several threads there is no order to hold them to.
    strict_ = configuration.threads == 1;
    batches_.resize(configuration.threads);
    if (!heap_.open(range_bytes<G>(configuration))) diverge("P23", "open failed");
    thread_ = heap_.attach(1);
    if (thread_ == 0) diverge("P24", "no thread block");
    return guarded_.open(settings_);
  }

  bool step(const Operation& operation) {
    const bool done = perform(operation);
    if (noted_) throw *noted_;
    if (awaited_) diverge("P18", "misuse at " + hex(awaited_->bad) + " was not told");
    if (guarded_.quarantine().bytes() > settings_.quarantine_bytes)
      diverge("P12", "more waits in quarantine than may");
    return done;
  }

  QuarantineBatch& batch(const Operation& operation) {
    return batches_[operation.slot % batches_.size()];
  }

  bool perform(const Operation& operation) {
    Live& block = live_[operation.slot];
    switch (operation.kind) {
      case Kind::nothing:
        return true;
      case Kind::allocate:
      case Kind::allocate_zeroed:
      case Kind::allocate_aligned:
        return allocate(operation, operation.slot);
      case Kind::batch_allocate:
        return each_slot(operation, [&](std::size_t slot) { return allocate(operation, slot); });
      case Kind::batch_free:
        return each_slot(operation, [&](std::size_t slot) { return free(slot, {}, operation); });
      case Kind::free:
      case Kind::remote_free:
        return free(operation.slot, {}, operation);
      case Kind::reallocate:
        return free(operation.slot, {}, operation) && allocate(operation, operation.slot);
      case Kind::free_wrongly:
        return free_wrongly(operation);
      case Kind::double_free:
      case Kind::double_free_late:
        return double_free(operation);
      case Kind::free_interior:
        if (block.at == 0 || block.size < 2) return false;
        return bad_free(block.at + 1 + get(operation, field::offset) % (block.size - 1));
      case Kind::free_foreign:
        return bad_free(reinterpret_cast<Address>(&outcome_) + get(operation, field::distance));
      case Kind::write_beyond:
        return write_beyond(block, operation);
      case Kind::write_freed:
        return write_freed(operation);
      case Kind::rewrite:
        if (block.at == 0) return false;
        check_contents(block);
        write(block);
        return true;
      case Kind::hand_back:
        guarded_.hand_over(batch(operation));
        return true;
      case Kind::trim:
        drain();
        return true;
      case Kind::check_all:
        return check_all();
      case Kind::audit:
        audit();
        return true;
      default:
        return false;
    }
  }

  template <class Do>
  bool each_slot(const Operation& operation, Do act) {
    bool any = false;
    const std::size_t end =
        std::min<std::size_t>(live_.size(), operation.slot + get(operation, field::count));
    for (std::size_t slot = operation.slot; slot < end; ++slot) any = act(slot) || any;
    return any;
  }

  // ---- what is allowed ----

  bool allocate(const Operation& operation, std::size_t slot) {
    Live& block = live_[slot];
    if (block.at != 0) return false;
    Birth birth;
    birth.size = bytes_of<G>(SizeCode::decode(operation.arg));
    if (operation.kind == Kind::allocate_aligned)
      birth.alignment = std::size_t{1} << get(operation, field::alignment);
    birth.family = family_of(slot);
    birth.zeroed = operation.kind == Kind::allocate_zeroed;
    birth.serial = ++serial_;
    birth.actor = {3, static_cast<StackId>(serial_)};
    const auto at = reinterpret_cast<Address>(guarded_.allocate(birth));
    if (at == 0) return true;
    check_fresh(at, birth);
    block = {at,      birth.size,         birth.alignment, birth.family,
             serial_, facts_.outer_begin, facts_.outer_end};
    write(block);
    return true;
  }

  void check_fresh(Address at, const Birth& birth) {
    // Up to 16 it leaves to the heap, which Classic does not align to more than 8.
    if (at % std::max<std::size_t>(birth.alignment, G::kAlignment) != 0)
      diverge("P2", hex(at) + " is not aligned");
    if (!guarded_.find(at, facts_) || facts_.begin != at || facts_.size != birth.size ||
        facts_.serial != birth.serial || facts_.state != BlockState::live)
      diverge("P3", "does not know the block it handed out at " + hex(at));
    if (facts_.outer_begin > at - settings_.guard_bytes ||
        facts_.outer_end < at + birth.size + settings_.guard_bytes)
      diverge("P1", "no room for guards at " + hex(at));
    for (const Live& other : live_)
      if (other.at != 0 && facts_.outer_begin < other.outer_end &&
          other.outer_begin < facts_.outer_end)
        diverge("P1", hex(at) + " overlaps the block at " + hex(other.at));
    if (held_.overlaps(facts_.outer_begin, facts_.outer_end))
      diverge("P12", hex(at) + " is handed out though it is in quarantine");
    const std::size_t looked = std::min<std::size_t>(birth.size, 4096);
    if (birth.zeroed && first_unlike({at, at + looked}, 0) != 0)
      diverge("P5", "the zeroed block at " + hex(at) + " is not");
    if (!birth.zeroed && settings_.fill_fresh && first_unlike({at, at + looked}, kFreshByte) != 0)
      diverge("P5", "the fresh block at " + hex(at) + " is not filled");
  }

  static std::size_t whole(std::size_t size) { return round_down(size, contents::kWord); }

  void write(Live& block) {
    block.seed = ++serial_;
    fill(reinterpret_cast<void*>(block.at), whole(block.size), block.seed);
  }

  void check_contents(const Live& block) {
    if (const auto wrong = first_wrong(reinterpret_cast<void*>(block.at), whole(block.size),
                                       whole(block.size), block.seed))
      diverge("P4", "byte " + std::to_string(*wrong) + " of " + hex(block.at) + " changed");
  }

  bool free(std::size_t slot, std::optional<Awaited> awaited, const Operation& operation,
            std::optional<Death> death = {}) {
    Live& block = live_[slot];
    if (block.at == 0) return false;
    check_contents(block);
    awaited_ = awaited;
    const Death said = death ? *death : released_as(block.family);
    // What is found at the block itself is still its slot's.
    const Live gone = block;
    held_.add({gone.at, gone.size, gone.outer_begin, gone.outer_end, slot});
    guarded_.free(reinterpret_cast<void*>(gone.at), said, batch(operation));
    if (!block.behind.empty() || !block.before.empty())
      diverge("P18", "a write beyond " + hex(gone.at) + " was not told when it was freed");
    block = {};
    return true;
  }

  bool poisoned(const HeldBlock& block) const {
    return settings_.fill_freed && HeldBlocks::held_bytes(block) <= settings_.quarantine_bytes;
  }

  void drain() {
    draining_ = true;
    // Twice: what leaves a batch one by one has left, then.
    for (QuarantineBatch& batch : batches_) {
      guarded_.hand_over(batch);
      guarded_.hand_over(batch);
    }
    guarded_.drain();
    draining_ = false;
    if (noted_) throw *noted_;
    if (!held_.empty()) diverge("P12", "something stays in quarantine when all has to leave");
  }

  bool check_all() {
    std::size_t checked = 0;
    guarded_.check_all(checked);
    for (HeldBlock& block : held_.blocks())
      if (!block.poison.empty())
        diverge("P18",
                "a check of all did not tell of a write to the freed block at " + hex(block.at));
    for (Live& block : live_)
      if (!block.behind.empty() || !block.before.empty())
        diverge("P18", "a check of all did not tell of a write beyond " + hex(block.at));
    return true;
  }

  void audit() {
    const std::string findings = HeapAudit{}(std::as_const(heap_));
    if (!findings.empty()) diverge("P10", "audit: " + findings);
  }

  static Family family_of(std::size_t slot) {
    constexpr Family kFamilies[] = {Family::malloc, Family::new_object, Family::new_array};
    return kFamilies[slot % 3];
  }
  static Death released_as(Family family) {
    Death death;
    death.family = family;
    death.actor = {4, 78};
    return death;
  }

  // ---- misuse ----

  bool bad_free(Address at) {
    awaited_ = Awaited{Fault::bad_free, at};
    guarded_.free(reinterpret_cast<void*>(at), released_as(Family::malloc), batches_[0]);
    return true;
  }

  bool double_free(const Operation& operation) {
    const Live block = live_[operation.slot];
    if (!free(operation.slot, {}, operation)) return false;
    if (noted_) return true;
    // Out of quarantine at once, its place may be anything.
    if (held_.last_of(operation.slot) == nullptr || held_.last_of(operation.slot)->at != block.at)
      return true;
    awaited_ = Awaited{Fault::double_free, block.at};
    guarded_.free(reinterpret_cast<void*>(block.at), released_as(block.family), batch(operation));
    return true;
  }

  bool free_wrongly(const Operation& operation) {
    const Live& block = live_[operation.slot];
    Death death = released_as(block.family);
    Awaited awaited{Fault::new_delete_type_mismatch, block.at};
    switch (get(operation, field::wrong)) {
      case 0:
        // Each of the two it is not, by slots.
        death.family = family_of(operation.slot + 1u + operation.slot / 3 % 2);
        awaited.fault = Fault::alloc_dealloc_mismatch;
        break;
      case 1:
        death.size = block.size + 1;
        break;
      default:
        death.alignment = block.alignment == 64 ? 128 : 64;
    }
    return free(operation.slot, awaited, operation, death);
  }

  bool write_beyond(Live& block, const Operation& operation) {
    if (block.at == 0) return false;
    const std::size_t offset = get(operation, field::offset);
    const Address end = block.at + block.size;
    if (get(operation, field::before) != 0)
      block.before.flip(block.at - 1 - offset % settings_.guard_bytes);
    else
      block.behind.flip(end + offset % std::min<std::size_t>(block.outer_end - end,
                                                             settings_.guard_bytes + 4096));
    return true;
  }

  bool write_freed(const Operation& operation) {
    HeldBlock* block = held_.last_of(operation.slot);
    if (block == nullptr || block->size == 0 || !poisoned(*block)) return false;
    block->poison.flip(block->at + get(operation, field::offset) % block->size);
    return true;
  }

  // ---- what is told ----

  static void take(void* session, const Damage& damage) {
    static_cast<GuardSession*>(session)->told(damage);
  }

  void told(const Damage& damage) {
    ++outcome_.told;
    if (awaited_ && damage.fault == awaited_->fault && damage.bad == awaited_->bad)
      return awaited_.reset();
    if (damage.fault == Fault::heap_use_after_free)
      if (HeldBlock* block = held_.find(damage.bad); block && block->poison.begins_at(damage.bad))
        return block->poison.clear();
    for (Live& block : live_) {
      if (damage.fault == Fault::heap_buffer_overflow && block.behind.begins_at(damage.bad))
        return block.behind.clear();
      if (damage.fault == Fault::heap_buffer_underflow && block.before.begins_at(damage.bad))
        return block.before.clear();
    }
    note("P19", "told of fault " + std::to_string(static_cast<unsigned>(damage.fault)) + " at " +
                    hex(damage.bad) + ", where nothing was done");
  }

  // ---- the end ----

  void finish() {
    check_all();
    for (std::size_t slot = 0; slot < live_.size(); ++slot)
      if (free(slot, {}, {.slot = static_cast<std::uint16_t>(slot)}) && noted_) throw *noted_;
    drain();
    heap_.hand_back_all(thread_);
    audit();
    if (heap_.root().used_pools != 0) diverge("P9", "pools are in use after all left");
  }

  inline static thread_local FakeMemory memory_{G::kPageBytes};
  FaultPlan faults_;
  Heap heap_{ModelPages{FencedPages<FakePages>{FakePages{memory_}}, faults_}};
  ThreadBlock thread_ = 0;
  GuardSettings settings_;
  Guarded<Source> guarded_{Source(heap_, SessionThread{&thread_}, *this), DamageSink{this, take}};
  std::vector<QuarantineBatch> batches_;
  std::vector<Live> live_;
  HeldBlocks held_;
  BlockFacts facts_;
  Outcome outcome_;
  std::optional<Divergence> noted_;
  std::optional<Awaited> awaited_;
  std::size_t step_ = 0;
  std::uint64_t serial_ = 0;
  bool strict_ = true;
  bool draining_ = false;
};

}  // namespace arenite::model
