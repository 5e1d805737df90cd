// SPDX-License-Identifier: MIT
// Sample mode: about one allocation in `sample_rate` gets pages of its own, between guard pages.
// The fast paths know nothing of it. A refill, which is a slow path anyway, stands for as many
// allocations as it brings blocks; when a thread's allowance is used up by them, the allocation
// that asked for the refill is the sample. So a thread that does nothing but pairs which its array
// absorbs is not sampled: what it does a million times alike is not what production has to find.
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/page_blocks.hpp"
#include "debug/modes/serve.hpp"
#include "debug/stacks/capture.hpp"

namespace arenite {
namespace {

bool is_sample(const void* block) {
  return layer.pages.owns(reinterpret_cast<Address>(block));
}

/// Uniform between 1 and twice the rate: the rate on average, and nothing that a period in the
/// program's own behaviour could fall in step with.
std::int64_t next_allowance(DebugThread& thread) {
  if (thread.random == 0) thread.random = mix(layer.seed, thread.number) | 1;
  thread.random = mix(thread.random, 0) | 1;
  const std::uint64_t rate = std::max<std::uint64_t>(layer.options.sample_rate, 1);
  return static_cast<std::int64_t>(1 + thread.random % (2 * rate - 1));
}

bool chosen(std::size_t size, std::uint64_t serial) {
  if (!layer.filters.any()) return true;
  Address caller = 0;
  if (layer.filters.by_module()) capture_stack(&caller, 1);
  return layer.filters.chosen(size, caller) && layer.filters.guarded(serial);
}

void* sample(std::size_t size, std::size_t alignment, Family family, bool zeroed) {
  ActingThread thread(layer.threads);
  thread->until_sample = next_allowance(*thread);
  const std::uint64_t serial = layer.serials.fetch_add(1, std::memory_order_relaxed) + 1;
  if (serial == layer.options.break_serial) ::raise(SIGTRAP);
  if (!chosen(size, serial)) return nullptr;
  PageRequest request{.size = size,
                      .alignment = alignment,
                      .zeroed = zeroed,
                      .family = family,
                      .serial = serial,
                      .stack = stack_of_caller(*thread),
                      .thread = thread->number};
  Decline why;
  return layer.pages.allocate(request, why);
}

/// Takes `weight` allocations off the thread's allowance; true if it is used up.
bool used_up(std::int64_t weight) {
  ActingThread thread(layer.threads);
  if (thread->until_sample == 0) thread->until_sample = next_allowance(*thread);
  thread->until_sample = std::max<std::int64_t>(thread->until_sample - weight, -1);
  return thread->until_sample <= 0;
}

void* allocate(std::size_t size, Family family) {
  if (void* block = ProcessHeap::try_allocate_small(current_block(), size)) return block;
  if (used_up(ProcessHeap::refill_count(current_block(), size)))
    if (void* block = sample(size, 0, family, false)) return block;
  return plain_slow_paths.allocate(size, family);
}

void* allocate_zeroed(std::size_t size, Family family) {
  if (used_up(ProcessHeap::refill_count(current_block(), size)))
    if (void* block = sample(size, 0, family, true)) return block;
  return plain_slow_paths.allocate_zeroed(size, family);
}

void* allocate_aligned(std::size_t size, std::size_t alignment, Family family) {
  if (used_up(1))
    if (void* block = sample(size, alignment, family, false)) return block;
  return plain_slow_paths.allocate_aligned(size, alignment, family);
}

[[gnu::noinline]] void give_back(void* block, const Death& death) {
  ActingThread thread(layer.threads);
  free_on_pages(block, death, thread->number, stack_of_caller(*thread));
}

bool live_sample_size(const void* block, std::size_t& size) {
  BlockFacts facts;
  const Address at = reinterpret_cast<Address>(block);
  if (!layer.pages.find(at, facts) || facts.begin != at || facts.state != BlockState::live)
    return false;
  size = facts.size;
  return true;
}

void* reallocate(void* block, std::size_t size, Family family) {
  if (!is_sample(block)) return plain_slow_paths.reallocate(block, size, family);
  std::size_t had;
  if (!live_sample_size(block, had)) {
    report_no_block(Fault::bad_realloc, block, "realloc");
    errno = ENOMEM;
    return nullptr;
  }
  void* moved = process_allocate(size, family);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(had, size));
  give_back(block, {.family = family, .actor = {}});
  return moved;
}

std::size_t usable_size(const void* block) {
  if (!is_sample(block)) return plain_slow_paths.usable_size(block);
  std::size_t size = 0;
  if (!live_sample_size(block, size))
    report_no_block(Fault::bad_usable_size, block, "malloc_usable_size");
  return size;
}

}  // namespace

constinit const Interceptor sampling_slow_paths = {
    .allocate = allocate,
    .allocate_zeroed = allocate_zeroed,
    .allocate_aligned = allocate_aligned,
    .reallocate = reallocate,
    .free =
        [](void* block, Family family) {
          if (is_sample(block)) return give_back(block, {.family = family, .actor = {}});
          plain_slow_paths.free(block, family);
        },
    .free_sized =
        [](void* block, std::size_t size, Family family) {
          if (is_sample(block))
            return give_back(block, {.family = family, .size = size, .actor = {}});
          plain_slow_paths.free(block, family);
        },
    .free_aligned =
        [](void* block, std::size_t alignment, Family family) {
          if (is_sample(block))
            return give_back(block, {.family = family, .alignment = alignment, .actor = {}});
          plain_slow_paths.free(block, family);
        },
    .free_sized_aligned =
        [](void* block, std::size_t size, std::size_t alignment, Family family) {
          if (is_sample(block))
            return give_back(block,
                             {.family = family, .size = size, .alignment = alignment, .actor = {}});
          plain_slow_paths.free(block, family);
        },
    .usable_size = usable_size,
    .owns = detail::layer_owns,
    .thread_ends = [] { layer.threads.end_thread([](DebugThread&) {}); },
    .before_fork = detail::layer_before_fork,
    .after_fork = detail::layer_after_fork,
    .heap_opened = detail::open_layer,
    .diverts = false,
    .range_bytes = 0,
};

}  // namespace arenite
