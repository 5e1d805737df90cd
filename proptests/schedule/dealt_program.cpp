// SPDX-License-Identifier: MIT
#include "proptests/schedule/dealt_program.hpp"

#include "proptests/model/size_code.hpp"
#include "proptests/schedule/heap_protocol.hpp"

namespace arenite::schedule {
namespace {

using model::Kind;
using model::Operation;

constexpr std::size_t kThreads = 3;
constexpr std::size_t kSlots = 8;

HeapProtocol* at = nullptr;
std::array<ThreadBlock, kThreads> threads;
std::array<std::atomic<Address*>, kSlots> slots;

/// Whoever holds a block has written it plainly.
void stamp(Address* block) {
  *block = reinterpret_cast<Address>(block) + 1;
}

void free_block(std::size_t thread, Address* block) {
  if (block == nullptr) return;
  check(*block == reinterpret_cast<Address>(block) + 1, "another's bytes in a block");
  *block = 0;
  at->heap().free(threads[thread], block);
}

/// Puts a block into its slot; what was there is freed.
void put(std::size_t thread, std::size_t slot, Address* block) {
  if (block == nullptr) return;
  stamp(block);
  free_block(thread, slots[slot % kSlots].exchange(block, std::memory_order_acq_rel));
}

Address* take(std::size_t slot) {
  return slots[slot % kSlots].exchange(nullptr, std::memory_order_acq_rel);
}

std::size_t size_of(const Operation& operation) {
  constexpr std::size_t kMost = 4 * Tiny::kPoolBytes;
  const std::size_t size = model::bytes_of<Tiny>(model::SizeCode::decode(operation.arg));
  // Reallocated, a block keeps its stamp.
  return std::max(sizeof(Address), size % kMost);
}

void reallocate(std::size_t thread, const Operation& operation) {
  Address* block = take(operation.slot);
  if (block == nullptr) return;
  auto* moved =
      static_cast<Address*>(at->heap().reallocate(threads[thread], block, size_of(operation)));
  check(moved == nullptr || *moved == reinterpret_cast<Address>(block) + 1, "contents are lost");
  put(thread, operation.slot, moved == nullptr ? block : moved);
}

void perform(std::size_t thread, const Operation& operation) {
  TinyHeap& heap = at->heap();
  const auto allocate = [&] {
    return static_cast<Address*>(heap.allocate(threads[thread], size_of(operation)));
  };
  switch (operation.kind) {
    case Kind::allocate:
    case Kind::allocate_zeroed:
    case Kind::allocate_aligned:
      return put(thread, operation.slot, allocate());
    case Kind::batch_allocate:
      for (std::size_t i = 0; i < 4; ++i) put(thread, operation.slot + i, allocate());
      return;
    case Kind::reallocate:
      return reallocate(thread, operation);
    case Kind::free:
    case Kind::remote_free:
      return free_block(thread, take(operation.slot));
    case Kind::batch_free:
      for (std::size_t i = 0; i < 4; ++i) free_block(thread, take(operation.slot + i));
      return;
    case Kind::hand_back:
      return heap.hand_back_all(threads[thread]);
    case Kind::trim:
      heap.trim(threads[thread]);
      return;
    case Kind::attach:
    case Kind::detach:
      heap.detach(threads[thread]);
      threads[thread] =
          at->attach(operation.flags % 2 == 0 ? ThreadState::live : ThreadState::diverted);
      return;
    default:
      return;
  }
}

}  // namespace

Protocol dealt_out(const model::Program& program) {
  Protocol protocol;
  protocol.prepare = [] {
    at = &HeapProtocol::fresh(2);
    for (auto& slot : slots) slot = nullptr;
    for (ThreadBlock& thread : threads) thread = at->attach(ThreadState::live);
  };
  for (std::size_t thread = 0; thread < kThreads; ++thread)
    protocol.threads.emplace_back([&program, thread] {
      for (std::size_t i = thread; i < program.operations.size(); i += kThreads)
        perform(thread, program.operations[i]);
    });
  protocol.finish = [] {
    check_heap(at->heap().root());
    for (std::size_t slot = 0; slot < kSlots; ++slot) free_block(0, take(slot));
    for (const ThreadBlock thread : threads) at->heap().detach(thread);
    at->check_empty();
  };
  return protocol;
}

}  // namespace arenite::schedule
