// SPDX-License-Identifier: MIT
// Runs a program against a heap and the reference model side by side, and compares after each
// operation. Never asserts: the first difference comes back as a value. What is compared is listed,
// by number, in proptests/README.md.
//
// `Heap` is arenite::Heap or anything with its members; its page source must be ModelPages, so that
// the executor knows which requests to the system were refused.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "heap/statistics.hpp"
#include "layout/own_memory.hpp"
#include "os/faulty_pages.hpp"
#include "proptests/model/contents.hpp"
#include "proptests/model/expectation.hpp"
#include "proptests/model/fatal_trap.hpp"
#include "proptests/model/fields.hpp"
#include "proptests/model/hooks.hpp"
#include "proptests/model/live_blocks.hpp"
#include "proptests/model/misuse.hpp"
#include "proptests/model/outcome.hpp"
#include "proptests/model/program.hpp"
#include "proptests/model/run_options.hpp"
#include "proptests/model/size_code.hpp"
#include "proptests/model/thread_blocks.hpp"

namespace arenite::model {

template <class Heap, class Audit = NoAudit, class Observer = NoObserver>
class Executor {
 public:
  using G = typename Heap::Geometry;

  Executor(Heap& heap, FaultPlan& faults, Audit& audit, Observer& observer, RunOptions options)
      : heap_(heap),
        faults_(faults),
        audit_(audit),
        observer_(observer),
        options_(options),
        threads_(heap) {}

  Outcome run(const Program& program) {
    const FatalTrap trap;
    configuration_ = program.configuration;
    blocks_ = LiveBlocks(configuration_.slots());
    faults_ = {.first = configuration_.first_refusal, .length = configuration_.refusals};
    try {
      run_all(program);
    } catch (Divergence& divergence) {
      divergence.step = step_;
      outcome_.divergence = std::move(divergence);
    } catch (const Fatal& fatal) {
      outcome_.divergence = {step_, "P19", "fatal message without misuse: " + fatal.message};
    }
    faults_ = {};
    close();
    return std::move(outcome_);
  }

 private:
  [[noreturn]] static void diverge(const char* property, const std::string& what) {
    throw Divergence{0, property, what};
  }

  static std::string hex(Address at) { return (Text<32>() << Hex{at}).c_str(); }

  void run_all(const Program& program) {
    open();
    for (step_ = 0; step_ < program.operations.size(); ++step_) {
      const Operation& operation = program.operations[step_];
      if (options_.begun != nullptr) *options_.begun = static_cast<std::uint32_t>(step_ + 1);
      asked_before_ = faults_.asked;
      if (is_open_ && perform(operation))
        ++outcome_.executed[static_cast<std::size_t>(operation.kind)];
      else if (!is_open_ && operation.kind == Kind::reopen)
        reopen();
      if (ended_) return;
      check_next();
      if (options_.audit_every != 0 && (step_ + 1) % options_.audit_every == 0) audit();
    }
    finish();
  }

  /// Whether the operation did something.
  bool perform(const Operation& operation) {
    switch (operation.kind) {
      case Kind::nothing:
        return true;
      case Kind::allocate:
      case Kind::allocate_zeroed:
      case Kind::allocate_aligned:
        return allocate(operation, operation.slot);
      case Kind::reallocate:
        return reallocate(operation);
      case Kind::free:
        return free(threads_.current(), operation.slot);
      case Kind::remote_free:
        return free(threads_[get(operation, field::thread)], operation.slot);
      case Kind::batch_allocate:
        return batch_allocate(operation);
      case Kind::batch_free:
        return batch_free(operation);
      case Kind::switch_thread:
        return threads_.switch_to(get(operation, field::thread));
      case Kind::attach:
        return attach(get(operation, field::thread), get(operation, field::diverted) != 0);
      case Kind::detach:
        return threads_.detach(get(operation, field::thread));
      case Kind::hand_back:
        if (threads_.current() == 0) return false;
        heap_.hand_back_all(threads_.current());
        return true;
      case Kind::trim:
        if (threads_.current() == 0) return false;
        heap_.trim(threads_.current());
        return true;
      case Kind::fail_os:
        faults_.first = faults_.asked + 1 + get(operation, field::after);
        faults_.length = get(operation, field::refusals);
        return true;
      case Kind::reopen:
        close();
        reopen();
        return true;
      case Kind::rewrite:
        return rewrite(operation.slot);
      case Kind::check_all:
        check_all();
        return true;
      case Kind::audit:
        audit();
        return true;
      case Kind::free_interior:
        return free_interior(operation);
      case Kind::double_free:
        return double_free(operation.slot);
      case Kind::free_foreign:
        return free_foreign(operation);
      case Kind::free_wild:
        return free_wild(operation);
      case Kind::double_free_late:
        return double_free_late(operation.slot);
      case Kind::free_null:
        if (threads_.current() == 0) return false;
        heap_.free(threads_.current(), nullptr);
        return true;
      case Kind::corrupt:
      case Kind::write_beyond:
      case Kind::write_freed:
      case Kind::free_wrongly:
        // A heap by itself need not notice.
        return false;
    }
    return false;
  }

  // ---- the heap as a whole ----

  void open() {
    asked_before_ = faults_.asked;
    is_open_ = heap_.open(range_bytes<G>(configuration_));
    if (!is_open_) {
      if (!refused()) diverge("P23", "open failed though nothing was refused");
      return;
    }
    for (std::uint32_t i = 0; i < configuration_.threads; ++i) attach(i, configuration_.diverted);
  }

  void close() {
    if (!std::exchange(is_open_, false)) return;
    threads_.forget_all();
    blocks_.clear();
    heap_.close();
  }

  void reopen() {
    if (!is_open_) open();
  }

  /// Whether the system refused anything since the operation began.
  bool refused() const {
    return faults_.first != 0 && faults_.length != 0 && faults_.asked >= faults_.first &&
           asked_before_ + 1 < faults_.first + faults_.length;
  }

  bool attach(std::uint32_t index, bool diverted) {
    if (threads_[index] != 0) return false;
    if (!threads_.attach(index, diverted) && !refused() &&
        threads_.attached() < heap_.root().max_threads)
      diverge("P24", "no thread block though the table is not full");
    return true;
  }

  // ---- allocation ----

  bool allocate(const Operation& operation, std::size_t slot) {
    if (threads_.current() == 0 || blocks_[slot]) return false;
    const std::size_t request = bytes_of<G>(SizeCode::decode(operation.arg));
    const std::size_t alignment = operation.kind == Kind::allocate_aligned
                                      ? std::size_t{1} << get(operation, field::alignment)
                                      : 1;
    void* block = call_allocate(operation.kind, request, alignment);
    if (block == nullptr) {
      check_refusal(request, alignment);
      return true;
    }
    check_fresh(block, request, alignment, expected_usable<G>(request, alignment));
    if (operation.kind == Kind::allocate_zeroed) check_zero(block, request);
    keep(slot, block, request);
    return true;
  }

  void* call_allocate(Kind kind, std::size_t request, std::size_t alignment) {
    const ThreadBlock thread = threads_.current();
    if (kind == Kind::allocate_zeroed) return heap_.allocate_zeroed(thread, request);
    if (kind == Kind::allocate_aligned) return heap_.allocate_aligned(thread, alignment, request);
    return heap_.allocate(thread, request);
  }

  bool batch_allocate(const Operation& operation) {
    const std::uint32_t count = get(operation, field::count);
    bool any = false;
    for (std::size_t i = 0; i < count && operation.slot + i < blocks_.slots(); ++i)
      any = allocate(operation, operation.slot + i) || any;
    return any;
  }

  /// Writes the block and takes it into the model.
  void keep(std::size_t slot, void* block, std::size_t request) {
    const Address at = reinterpret_cast<Address>(block);
    const LiveBlock live{at, request, heap_.usable_size(block), ++last_seed_};
    fill(block, live.usable, live.seed);
    blocks_.insert(slot, live);
    observer_.allocated(heap_, request, at);
  }

  void check_refusal(std::size_t request, std::size_t alignment) {
    ++outcome_.unserved;
    if (refused()) return;
    if (Room<G>(heap_.root()).serves(request, alignment))
      diverge("P23", "null for " + std::to_string(request) + " bytes, alignment " +
                         std::to_string(alignment) + ", though there is room");
  }

  void check_fresh(const void* block, std::size_t request, std::size_t alignment,
                   std::size_t expected) {
    const Address at = reinterpret_cast<Address>(block);
    const std::size_t usable = heap_.usable_size(block);
    if (at % std::max(alignment, G::kAlignment) != 0)
      diverge("P2", hex(at) + " is no multiple of " + std::to_string(alignment));
    if (usable < request || usable != expected)
      diverge("P3", "usable size " + std::to_string(usable) + " for a request of " +
                        std::to_string(request) + ", expected " + std::to_string(expected));
    if (const auto other = blocks_.overlapping(at, usable))
      diverge("P1", hex(at) + ", " + std::to_string(usable) +
                        " bytes, overlaps the block of slot " + std::to_string(*other) + " at " +
                        hex(blocks_[*other].at));
    const auto* bytes = static_cast<const std::byte*>(block);
    if (!heap_.owns(bytes) || !heap_.owns(bytes + usable - 1))
      diverge("P1", "the heap does not own the block at " + hex(at));
  }

  void check_zero(const void* block, std::size_t bytes) {
    if (const auto offset = first_nonzero(block, bytes))
      diverge("P5",
              "byte " + std::to_string(*offset) + " of " + std::to_string(bytes) + " is not zero");
  }

  bool reallocate(const Operation& operation) {
    const ThreadBlock thread = threads_.current();
    const LiveBlock old = blocks_[operation.slot];
    if (thread == 0 || !old) return false;
    const std::size_t request = bytes_of<G>(SizeCode::decode(operation.arg));
    const std::size_t kept = std::min(old.usable, request);
    check_contents(operation.slot);
    fill_before(old.pointer(), kept, old.seed);

    void* block = heap_.reallocate(thread, old.pointer(), request);
    if (block == nullptr) {
      check_refusal(request, 1);
      check_survived(operation.slot);
      return true;
    }
    blocks_.remove(operation.slot);
    if (reinterpret_cast<Address>(block) != old.at) observer_.freed(heap_, old.at);
    const bool in_place = reinterpret_cast<Address>(block) == old.at;
    const std::size_t expected = in_place && heap_.usable_size(block) == old.usable
                                     ? old.usable
                                     : expected_usable<G>(request);
    check_fresh(block, request, 1, expected);
    check_kept(block, old, kept);
    keep(operation.slot, block, request);
    return true;
  }

  void check_survived(std::size_t slot) {
    const LiveBlock& block = blocks_[slot];
    if (heap_.usable_size(block.pointer()) != block.usable)
      diverge("P6", "a failed reallocate changed the usable size");
    check_contents(slot);
  }

  void check_kept(const void* block, const LiveBlock& old, std::size_t kept) {
    auto wrong = first_wrong(block, old.usable, kept, old.seed);
    if (!wrong)
      wrong = first_wrong_byte(block, kept - std::min(kept, contents::kWord), kept, old.seed);
    if (wrong)
      diverge("P6", "reallocate changed byte " + std::to_string(*wrong) + " of the " +
                        std::to_string(kept) + " it has to keep");
  }

  // ---- free ----

  bool free(ThreadBlock thread, std::size_t slot) {
    if (thread == 0 || !blocks_[slot]) return false;
    check_contents(slot);
    const LiveBlock block = blocks_.remove(slot);
    // Every other with the size it has by now: of a block that stayed where it was, another
    // class's.
    if (slot % 2 == 0)
      heap_.free(thread, block.pointer());
    else
      heap_.free_sized(thread, block.pointer(), block.request);
    observer_.freed(heap_, block.at);
    return true;
  }

  bool batch_free(const Operation& operation) {
    const std::uint32_t count = get(operation, field::count);
    const std::uint32_t step = get(operation, field::skip) + 1;
    const bool backward = get(operation, field::backward) != 0;
    bool any = false;
    for (std::uint32_t i = 0; i < count; i += step) {
      const std::size_t slot = operation.slot + (backward ? count - 1 - i : i);
      if (slot < blocks_.slots()) any = free(threads_.current(), slot) || any;
    }
    return any;
  }

  // ---- contents ----

  void check_contents(std::size_t slot) {
    const LiveBlock& block = blocks_[slot];
    if (const auto wrong = first_wrong(block.pointer(), block.usable, block.usable, block.seed))
      diverge("P4", "byte " + std::to_string(*wrong) + " of the " + std::to_string(block.usable) +
                        " of slot " + std::to_string(slot) + " changed");
  }

  /// One slot after each operation, in turn: what an operation did to a stranger shows soon.
  void check_next() {
    next_slot_ = (next_slot_ + 1) % blocks_.slots();
    if (blocks_[next_slot_]) check_contents(next_slot_);
  }

  void check_all() {
    for (std::size_t slot = 0; slot < blocks_.slots(); ++slot) {
      if (!blocks_[slot]) continue;
      check_contents(slot);
      if (heap_.usable_size(blocks_[slot].pointer()) != blocks_[slot].usable)
        diverge("P3", "the usable size of slot " + std::to_string(slot) + " changed");
    }
  }

  bool rewrite(std::size_t slot) {
    if (!blocks_[slot]) return false;
    check_contents(slot);
    LiveBlock& block = blocks_[slot];
    block.seed = ++last_seed_;
    fill(block.pointer(), block.usable, block.seed);
    return true;
  }

  void audit() {
    if (!is_open_) return;
    const std::string findings = audit_(std::as_const(heap_));
    if (!findings.empty()) diverge("P10", "audit: " + findings);
    check_counts();
  }

  /// What the heap's statistics say is live is what the model has.
  void check_counts() {
    static thread_local Statistics statistics;
    HeapRoot<Remote> root;
    std::memcpy(static_cast<void*>(&root), &heap_.root(), sizeof root);
    StatisticsCollector<OwnMemory>(OwnMemory{}, root, statistics).collect();
    std::array<std::uint64_t, kMaxClasses> live{};
    std::uint64_t spans = 0, span_bytes = 0, bytes = 0;
    for (std::size_t slot = 0; slot < blocks_.slots(); ++slot) {
      const LiveBlock& block = blocks_[slot];
      if (!block) continue;
      bytes += block.usable;
      const auto found = std::find(G::kBlockBytes.begin(), G::kBlockBytes.end(), block.usable);
      if (found == G::kBlockBytes.end()) {
        ++spans;
        span_bytes += block.usable;
      } else {
        ++live[static_cast<std::size_t>(found - G::kBlockBytes.begin())];
      }
    }
    for (std::size_t i = 0; i < G::kBlockBytes.size(); ++i)
      if (statistics.classes[i].live != live[i])
        diverge("P8", std::to_string(statistics.classes[i].live) + " blocks of class " +
                          std::to_string(i) + " are live, not " + std::to_string(live[i]));
    if (statistics.spans != spans || statistics.span_bytes != span_bytes)
      diverge("P8",
              std::to_string(statistics.spans) + " spans are live, not " + std::to_string(spans));
    if (statistics.live_bytes() != bytes)
      diverge("P8", std::to_string(statistics.live_bytes()) + " bytes are live, not " +
                        std::to_string(bytes));
    if (statistics.accounted_bytes() != statistics.mapped_bytes())
      diverge("P8", "what is accounted for is not what is mapped");
  }

  // ---- misuse ----

  /// Gives `at` to the function that `via` names, and compares the fatal message.
  void expect_fatal(ThreadBlock thread, std::uint32_t via, Address at, Verdict verdict) {
    const std::string message = fatal_message([this, thread, via, at] {
      void* bad = reinterpret_cast<void*>(at);
      if (via == 1)
        heap_.reallocate(thread, bad, 1);
      else if (via == 2)
        (void)heap_.usable_size(bad);
      else
        heap_.free(thread, bad);
    });
    if (message.find(words_of(verdict)) == std::string::npos)
      diverge("P19", std::string(field::kFunctions[via]) + "(" + hex(at) + "): expected '" +
                         words_of(verdict) +
                         "', got: " + (message.empty() ? "no message" : message));
  }

  bool free_interior(const Operation& operation) {
    const LiveBlock& block = blocks_[operation.slot];
    if (threads_.current() == 0 || !block) return false;
    const std::size_t inside = 1 + get(operation, field::offset) % (block.usable - 1);
    expect_fatal(threads_.current(), get(operation, field::via), block.at + inside,
                 Verdict::interior);
    check_contents(operation.slot);
    return true;
  }

  /// A block of a pool is seen to be free at once only when it goes to the bitmap directly.
  bool double_free(std::size_t slot) {
    const LiveBlock block = blocks_[slot];
    if (!block) return false;
    const bool small = block.usable <= kLargestSmall<G>;
    const ThreadBlock thread = small ? threads_.diverted() : threads_.current();
    if (thread == 0) return false;
    free(thread, slot);
    expect_fatal(thread, 0, block.at, Verdict::double_free);
    return true;
  }

  bool double_free_late(std::size_t slot) {
    const LiveBlock block = blocks_[slot];
    const ThreadBlock thread = threads_.current();
    if (thread == 0 || !block || block.usable > kLargestSmall<G> || threads_.is_diverted(thread))
      return false;
    free(thread, slot);
    const std::string message = fatal_message([this, thread, &block] {
      heap_.free(thread, block.pointer());
      heap_.hand_back_all(thread);
    });
    if (message.find(words_of(Verdict::double_free)) == std::string::npos)
      diverge("P19", "a double free was not seen when the array was handed back; got: " + message);
    ended_ = true;
    return true;
  }

  bool free_foreign(const Operation& operation) {
    if (threads_.current() == 0) return false;
    const auto& root = heap_.root();
    const Address distance = get(operation, field::distance);
    const int local = 0;
    const Address ends = root.range.address + root.range.committed.load(std::memory_order_relaxed);
    const Address places[] = {reinterpret_cast<Address>(&local) + distance,
                              1 + distance,
                              ~Address{0} - distance,
                              root.arenas.address + distance,
                              ends + distance,
                              root.range.address - 1 - distance,
                              reinterpret_cast<Address>(&blocks_[0]),
                              reinterpret_cast<Address>(&root) + distance};
    const Address at = places[get(operation, field::place)];
    if (heap_.owns(reinterpret_cast<void*>(at))) diverge("P19", "the heap owns " + hex(at));
    expect_fatal(threads_.current(), get(operation, field::via), at, Verdict::foreign);
    return true;
  }

  bool free_wild(const Operation& operation) {
    if (get(operation, field::tail) != 0) return free_tail(blocks_[operation.slot]);
    const Address pool = free_pool(heap_);
    if (threads_.current() == 0 || pool == 0) return false;
    const Address at = pool + get(operation, field::distance) % G::kPoolBytes;
    expect_fatal(threads_.current(), get(operation, field::via), at, Verdict::wild);
    return true;
  }

  /// What is left of a pool behind its last block looks like one more block.
  bool free_tail(const LiveBlock& block) {
    const ThreadBlock thread = threads_.diverted();
    if (thread == 0 || !block || block.usable > kLargestSmall<G>) return false;
    const std::size_t capacity = G::kPoolBytes / block.usable;
    if (capacity * block.usable == G::kPoolBytes) return false;
    const Address tail = round_down(block.at, G::kPoolBytes) + capacity * block.usable;
    expect_fatal(thread, 0, tail, Verdict::wild);
    return true;
  }

  // ---- the end ----

  /// Everything can be freed, then nothing is left, and all that was there can be had again.
  void finish() {
    outcome_.asked = faults_.asked;
    faults_.first = 0;
    if (!is_open_) return;
    check_all();
    audit();
    if (threads_.current() == 0) attach(0, configuration_.diverted);
    for (std::size_t slot = 0; slot < blocks_.slots(); ++slot) free(threads_.current(), slot);
    threads_.hand_back_all();
    check_nothing_used("after all blocks were freed");
    check_later_success();
    threads_.detach_all();
    check_nothing_used("after all threads left");
    audit();
  }

  void check_later_success() {
    for (const std::size_t request : {std::size_t{1}, kArenaBytes<G>}) {
      asked_before_ = faults_.asked;
      void* block = heap_.allocate(threads_.current(), request);
      if (block == nullptr)
        diverge("P23", "null for " + std::to_string(request) + " bytes in an empty heap");
      check_fresh(block, request, 1, expected_usable<G>(request));
      heap_.free(threads_.current(), block);
      threads_.hand_back_all();
    }
  }

  void check_nothing_used(const char* when) {
    const auto& root = heap_.root();
    if (root.used_pools != 0)
      diverge("P9", std::to_string(root.used_pools) + " pools are in use " + when);
    for (std::uint32_t i = 0; i < root.class_count; ++i)
      if (root.lists[i].head != kNone || root.lists[i].length != 0)
        diverge("P9", "class " + std::to_string(i) + " still lists pools " + when);
  }

  Heap& heap_;
  FaultPlan& faults_;
  Audit& audit_;
  Observer& observer_;
  RunOptions options_;
  ThreadBlocks<Heap> threads_;
  LiveBlocks blocks_{0};
  Configuration configuration_;
  Outcome outcome_;
  std::size_t step_ = 0;
  std::size_t next_slot_ = 0;
  std::uint64_t last_seed_ = 0;
  std::uint64_t asked_before_ = 0;
  bool is_open_ = false;
  /// The program ended itself, and left a heap that is not to be looked at.
  bool ended_ = false;
};

}  // namespace arenite::model
