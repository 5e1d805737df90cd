// SPDX-License-Identifier: MIT
// Every request of a diverted process: numbered, perhaps made to fail, put onto guarded memory.
#include "debug/modes/serve.hpp"

#include <signal.h>
#include <sys/single_threaded.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "debug/modes/fail_record.hpp"
#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/page_blocks.hpp"
#include "debug/modes/sanitizer_interface.hpp"
#include "debug/modes/say.hpp"
#include "debug/report/names.hpp"
#include "debug/stacks/capture.hpp"

namespace arenite {
namespace {

struct Request {
  std::size_t size;
  std::size_t alignment;  ///< 0 where the entry point takes none
  Family family;
  bool zeroed;
};

std::uint64_t next_serial() {
  // Alone, a thread need not lock the bus. A second thread comes to be after that was seen.
  if (__libc_single_threaded != 0) {
    const std::uint64_t next = layer.serials.load(std::memory_order_relaxed) + 1;
    layer.serials.store(next, std::memory_order_relaxed);
    return next;
  }
  return layer.serials.fetch_add(1, std::memory_order_relaxed) + 1;
}

[[gnu::noinline]] void check_now_and_then() {
  const std::uint64_t every = layer.options.check_every;
  if (layer.operations.fetch_add(1, std::memory_order_relaxed) % every != every - 1) return;
  std::size_t checked = 0;
  check_all_blocks("check every N operations", checked);
}

enum class Fate : std::uint8_t { guarded, plain, fails };

/// What the filters make of a request.
[[gnu::noinline]] Fate fate_of(const Request& request, std::uint64_t serial) {
  Address caller{};
  if (layer.filters.by_module()) capture_stack(&caller, 1);
  const bool chosen = layer.filters.chosen(request.size, caller);
  if (chosen && layer.filters.fails()) return Fate::fails;
  const bool guarded = chosen && layer.has_guarded() && layer.filters.guarded(serial);
  return guarded ? Fate::guarded : Fate::plain;
}

void* plain(const Request& request) {
  if (request.alignment != 0)
    return plain_slow_paths.allocate_aligned(request.size, request.alignment, request.family);
  return request.zeroed ? plain_slow_paths.allocate_zeroed(request.size, request.family)
                        : plain_slow_paths.allocate(request.size, request.family);
}

[[gnu::always_inline]] inline Actor actor_of(DebugThread& thread) {
  return {thread.number, stack_of_caller(thread)};
}

[[gnu::always_inline]] inline void* with_guard_bytes(Request request, std::uint64_t serial,
                                                     DebugThread& thread) {
  Birth birth;
  birth.size = request.size;
  birth.alignment = request.alignment;
  birth.family = request.family;
  birth.zeroed = request.zeroed;
  birth.leak_ignored = leaks_ignored_on_this_thread();
  birth.serial = serial;
  return layer.guarded.allocate(birth, [&] { return actor_of(thread); });
}

/// What waits in quarantine may be what is missing.
[[gnu::cold, gnu::noinline]] void* after_drain(Request request, std::uint64_t serial,
                                               DebugThread& thread) {
  layer.guarded.empty(thread.batch);
  layer.guarded.drain();
  return with_guard_bytes(request, serial, thread);
}

void* on_pages(const Request& request, std::uint64_t serial, StackId stack,
               const DebugThread& thread, Decline& why) {
  const PageRequest page{.size = request.size,
                         .alignment = request.alignment,
                         .zeroed = request.zeroed,
                         .family = request.family,
                         .serial = serial,
                         .stack = stack,
                         .thread = thread.number};
  return layer.pages.allocate(page, why);
}

/// Everything that is not the same for each request: see `DebugLayer::special`.
[[gnu::noinline]] void* serve_specially(Request request, std::uint64_t serial,
                                        DebugThread& thread) {
  if (serial == layer.options.break_serial) ::raise(SIGTRAP);
  if (layer.options.check_every != 0) check_now_and_then();
  const Fate fate = layer.filters.any() ? fate_of(request, serial) : Fate::guarded;
  if (fate == Fate::plain) return plain(request);
  if (fate == Fate::fails) {
    record_failure(serial, request.size);
    return nullptr;
  }
  Decline why = Decline::none;
  if (layer.options.mode == Mode::page)
    if (void* block = on_pages(request, serial, stack_of_caller(thread), thread, why)) return block;
  void* block = with_guard_bytes(request, serial, thread);
  if (block == nullptr) block = after_drain(request, serial, thread);
  if (block != nullptr && why != Decline::none) say_declined(why);
  return block;
}

/// CPython's own hooks ask the same at each call of these two domains.
[[gnu::always_inline]] inline bool needs_lock(Family family) {
  return family == Family::python_mem || family == Family::python_object;
}

[[gnu::always_inline]] inline void* serve(Request request) {
  if (needs_lock(request.family) && !layer.python.lock_held()) [[unlikely]]
    report_unlocked(allocator_name(request.family), nullptr);
  void* block = nullptr;
  {
    ActingThread thread(layer.threads);
    const std::uint64_t serial = next_serial();
    if (layer.special) [[unlikely]] {
      block = serve_specially(request, serial, *thread);
    } else {
      block = with_guard_bytes(request, serial, *thread);
      if (block == nullptr) [[unlikely]]
        block = after_drain(request, serial, *thread);
    }
  }
  if (block != nullptr) [[likely]]
    notify_malloc(block, request.size);
  else
    errno = ENOMEM;
  return block;
}

// ---- giving back ----

bool begins_plain_block(const void* block) {
  // With requests that fail and nothing else asked for.
  if (!layer.has_guarded()) return true;
  return layer.filters.leaves_plain() && !layer.guarded.knows(reinterpret_cast<Address>(block));
}

[[gnu::noinline]] void give_back_specially(void* block, Death death, DebugThread& thread) {
  if (layer.options.check_every != 0) check_now_and_then();
  if (layer.pages.owns(reinterpret_cast<Address>(block)))
    return free_on_pages(block, death, thread.number, death.actor.stack);
  if (begins_plain_block(block)) return plain_slow_paths.free(block, death.family);
  layer.guarded.free(block, death, thread.batch);
}

[[gnu::always_inline]] inline void give_back(void* block, Death death) {
  if (block == nullptr) return;
  if (needs_lock(death.family) && !layer.python.lock_held()) [[unlikely]]
    report_unlocked(releaser_name(death.family), block);
  notify_free(block);
  ActingThread thread(layer.threads);
  if (layer.special) [[unlikely]] {
    death.actor = actor_of(*thread);
    return give_back_specially(block, death, *thread);
  }
  layer.guarded.free(block, death, thread->batch, [&] { return actor_of(*thread); });
}

// ---- moving ----

/// What may be copied of the block; false, after a report, if it is none.
bool size_of_live(void* block, std::size_t& size) {
  const Address at = reinterpret_cast<Address>(block);
  BlockFacts facts;
  if (layer.pages.owns(at)) {
    if (layer.pages.find(at, facts) && facts.begin == at && facts.state == BlockState::live) {
      size = facts.size;
      return true;
    }
  } else if (begins_plain_block(block)) {
    size = plain_slow_paths.usable_size(block);
    return true;
  } else if (layer.guarded.requested_size(at, size)) {
    return true;
  }
  return false;
}

void* move(void* block, std::size_t size, Family family) {
  std::size_t had;
  if (!size_of_live(block, had)) {
    report_no_block(Fault::bad_realloc, block, "realloc");
    errno = ENOMEM;
    return nullptr;
  }
  void* moved = diverting_slow_paths.allocate(size, family);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(had, size));
  diverting_slow_paths.free(block, family);
  return moved;
}

std::size_t usable(const void* block) {
  std::size_t size = 0;
  if (!size_of_live(const_cast<void*>(block), size))
    report_no_block(Fault::bad_usable_size, block, "malloc_usable_size");
  return size;
}

void thread_ends() {
  layer.threads.end_thread([](DebugThread& thread) { layer.guarded.empty(thread.batch); });
}

}  // namespace

constinit const Interceptor diverting_slow_paths = {
    .allocate = [](std::size_t size, Family family) { return serve({size, 0, family, false}); },
    .allocate_zeroed = [](std::size_t size,
                          Family family) { return serve({size, 0, family, true}); },
    .allocate_aligned = [](std::size_t size, std::size_t alignment,
                           Family family) { return serve({size, alignment, family, false}); },
    .reallocate = move,
    .free = [](void* block, Family family) { give_back(block, {.family = family, .actor = {}}); },
    .free_sized =
        [](void* block, std::size_t size, Family family) {
          give_back(block, {.family = family, .size = size, .actor = {}});
        },
    .free_aligned =
        [](void* block, std::size_t alignment, Family family) {
          give_back(block, {.family = family, .alignment = alignment, .actor = {}});
        },
    .free_sized_aligned =
        [](void* block, std::size_t size, std::size_t alignment, Family family) {
          give_back(block, {.family = family, .size = size, .alignment = alignment, .actor = {}});
        },
    .usable_size = usable,
    .owns = detail::layer_owns,
    .thread_ends = thread_ends,
    .before_fork = detail::layer_before_fork,
    .after_fork = detail::layer_after_fork,
    .heap_opened = detail::open_layer,
    .diverts = true,
    .range_bytes = 0,
};

}  // namespace arenite
