// SPDX-License-Identifier: MIT
// Atomic objects as the C++ memory model has them, for threads that run one step at a time: each
// object keeps all values it had, in order, and a load may return any of them that the loading
// thread does not know to be overwritten. What a release published is known to whoever acquires it.
//
// Modelled: relaxed, acquire, release, acq_rel and seq_cst operations, release sequences, fences,
// and the one order of seq_cst operations. Not modelled: loads that see stores of the future (load
// buffering), and compare-and-exchange that fails although the value is the expected one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "proptests/schedule/clock.hpp"

namespace arenite::schedule {

/// The numbers compilers pass.
enum class Order : int { relaxed, consume, acquire, release, acq_rel, seq_cst };

constexpr bool acquires(Order order) {
  return order != Order::relaxed && order != Order::release;
}
constexpr bool releases(Order order) {
  return order == Order::release || order >= Order::acq_rel;
}

/// For each object several threads use, which of its values a thread knows of, by number.
using View = std::vector<std::uint32_t>;

void join(View& view, const View& other);

class AtomicMemory {
 public:
  /// An object, and all it held in this run.
  struct Object;

  /// Begins a run. Objects that several threads were seen to use get a place in views; more may
  /// have come since the last run: then true, and earlier runs may have missed schedules.
  bool begin(unsigned threads);
  bool sharing_grew() const { return grew_; }

  /// The object at an address, whose bytes hold its value as of now.
  Object& object(std::uintptr_t at, std::size_t bytes, ThreadIndex thread);
  /// Whether several threads use it.
  bool shared(std::uintptr_t at) const { return shared_.contains(at); }

  /// How many older values than the last the thread may load.
  std::uint32_t older_values(const Object& object, ThreadIndex thread, Order order) const;
  std::uint64_t load(Object& object, ThreadIndex thread, Order order, std::uint32_t back);
  void store(Object& object, ThreadIndex thread, Order order, std::uint64_t value);
  /// Loads the last value and stores another behind it.
  void exchange(Object& object, ThreadIndex thread, Order order, std::uint64_t value);
  std::uint64_t last(const Object& object) const;
  void fence(ThreadIndex thread, Order order);

  Clock& clock(ThreadIndex thread) { return threads_[thread].clock; }
  void step(ThreadIndex thread) { ++threads_[thread].clock.times[thread]; }

 private:
  /// What travels with a value from who stored it to who loads it.
  struct Message {
    std::uint64_t value = 0;
    Clock clock;
    View view;
  };
  struct Thread {
    Clock clock;
    View view;
    // By an acquire fence, what relaxed loads saw; and what a release fence published.
    Clock seen_clock, fenced_clock;
    View seen_view, fenced_view;
  };
  static constexpr std::uint32_t kUnshared = ~std::uint32_t{0};

  void take(Thread& thread, const Message& message, Order order);
  void put(Object& object, ThreadIndex thread, Order order, std::uint64_t value,
           const Message* before);
  void raise(View& view, const Object& object, std::uint32_t number) const;

  std::unordered_map<std::uintptr_t, std::uint32_t> shared_;
  bool grew_ = false;
  std::size_t views_ = 0;
  std::uint64_t generation_ = 0;
  std::unordered_map<std::uintptr_t, Object*> objects_;
  std::vector<Object*> all_;
  Thread threads_[kMostThreads + 1];
  View sequential_;
  Message before_;

 public:
  AtomicMemory() = default;
  AtomicMemory(const AtomicMemory&) = delete;
  AtomicMemory& operator=(const AtomicMemory&) = delete;
  ~AtomicMemory();
};

struct AtomicMemory::Object {
  std::uintptr_t at = 0;
  std::size_t bytes = 0;
  std::uint64_t generation = 0;
  std::uint32_t place = kUnshared;  ///< in views
  ThreadIndex first_user = 0;
  std::uint32_t count = 0;  ///< of values in use
  std::vector<Message> values;
};

}  // namespace arenite::schedule
