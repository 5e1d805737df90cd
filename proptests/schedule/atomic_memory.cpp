// SPDX-License-Identifier: MIT
#include "proptests/schedule/atomic_memory.hpp"

#include <cstring>

namespace arenite::schedule {
namespace {

std::uint64_t bytes_at(std::uintptr_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, reinterpret_cast<const void*>(at), bytes);
  return value;
}

}  // namespace

void join(View& view, const View& other) {
  for (std::size_t i = 0; i < other.size(); ++i) view[i] = std::max(view[i], other[i]);
}

AtomicMemory::~AtomicMemory() {
  for (Object* object : all_) delete object;
}

bool AtomicMemory::begin(unsigned threads) {
  const bool grew = grew_;
  grew_ = false;
  ++generation_;
  views_ = shared_.size();
  for (ThreadIndex i = 0; i <= threads; ++i) {
    Thread& thread = threads_[i];
    thread.clock = thread.seen_clock = thread.fenced_clock = Clock{};
    thread.clock.times[i] = 1;
    // What the preparing thread did has happened before all.
    thread.clock.times[0] = 1;
    for (View* view : {&thread.view, &thread.seen_view, &thread.fenced_view})
      view->assign(views_, 0);
  }
  sequential_.assign(views_, 0);
  return grew;
}

AtomicMemory::Object& AtomicMemory::object(std::uintptr_t at, std::size_t bytes,
                                           ThreadIndex thread) {
  Object*& known = objects_[at];
  if (known == nullptr) all_.push_back(known = new Object);
  Object& found = *known;
  if (found.generation != generation_ || found.bytes != bytes) {
    found.at = at;
    found.bytes = bytes;
    found.generation = generation_;
    found.first_user = thread;
    found.count = 0;
    const auto place = shared_.find(at);
    // One that was found to be shared in this very run has no place before the next.
    found.place = place == shared_.end() || place->second >= views_ ? kUnshared : place->second;
  }
  // Plain stores change it too: construction, pages that go back.
  const std::uint64_t value = bytes_at(at, bytes);
  if (found.count == 0 || found.values[found.count - 1].value != value) {
    if (found.values.size() == found.count) found.values.emplace_back();
    Message& message = found.values[found.count++];
    message.value = value;
    message.clock = Clock{};
    message.view.assign(views_, 0);
    for (Thread& each : threads_)
      if (each.view.size() == views_) raise(each.view, found, found.count - 1);
  }
  if (found.first_user != thread && !shared_.contains(at)) {
    shared_.emplace(at, static_cast<std::uint32_t>(shared_.size()));
    grew_ = true;
  }
  return found;
}

void AtomicMemory::raise(View& view, const Object& object, std::uint32_t number) const {
  if (object.place != kUnshared) view[object.place] = std::max(view[object.place], number);
}

std::uint32_t AtomicMemory::older_values(const Object& object, ThreadIndex thread,
                                         Order order) const {
  if (object.place == kUnshared) return 0;
  std::uint32_t least = threads_[thread].view[object.place];
  if (order == Order::seq_cst) least = std::max(least, sequential_[object.place]);
  return object.count - 1 - least;
}

void AtomicMemory::take(Thread& thread, const Message& message, Order order) {
  Clock& clock = acquires(order) ? thread.clock : thread.seen_clock;
  View& view = acquires(order) ? thread.view : thread.seen_view;
  clock.join(message.clock);
  join(view, message.view);
}

std::uint64_t AtomicMemory::load(Object& object, ThreadIndex thread, Order order,
                                 std::uint32_t back) {
  const std::uint32_t number = object.count - 1 - std::min(back, object.count - 1);
  const Message& message = object.values[number];
  raise(threads_[thread].view, object, number);
  if (order == Order::seq_cst) raise(sequential_, object, number);
  take(threads_[thread], message, order);
  return message.value;
}

void AtomicMemory::put(Object& object, ThreadIndex index, Order order, std::uint64_t value,
                       const Message* before) {
  Thread& thread = threads_[index];
  const std::uint32_t number = object.count;
  raise(thread.view, object, number);
  if (order == Order::seq_cst) raise(sequential_, object, number);
  if (object.values.size() == object.count) object.values.emplace_back();
  // In place, so that what the view has allocated serves run after run.
  Message& message = object.values[object.count++];
  message.value = value;
  message.clock = releases(order) ? thread.clock : thread.fenced_clock;
  message.view = releases(order) ? thread.view : thread.fenced_view;
  // Whatever a read-modify-write finds goes on to be published.
  if (before != nullptr) {
    message.clock.join(before->clock);
    join(message.view, before->view);
  }
}

void AtomicMemory::store(Object& object, ThreadIndex thread, Order order, std::uint64_t value) {
  put(object, thread, order, value, nullptr);
}

void AtomicMemory::exchange(Object& object, ThreadIndex thread, Order order, std::uint64_t value) {
  before_ = object.values[object.count - 1];
  take(threads_[thread], before_, order);
  put(object, thread, order, value, &before_);
}

std::uint64_t AtomicMemory::last(const Object& object) const {
  return object.values[object.count - 1].value;
}

void AtomicMemory::fence(ThreadIndex index, Order order) {
  Thread& thread = threads_[index];
  if (acquires(order)) {
    thread.clock.join(thread.seen_clock);
    join(thread.view, thread.seen_view);
  }
  if (order == Order::seq_cst) {
    join(thread.view, sequential_);
    join(sequential_, thread.view);
  }
  if (releases(order)) {
    thread.fenced_clock = thread.clock;
    thread.fenced_view = thread.view;
  }
}

}  // namespace arenite::schedule
