// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_check.hpp"

#include <algorithm>
#include <cerrno>
#include <new>

#include "debug/leaks/leak_control.hpp"
#include "debug/leaks/leak_sites.hpp"
#include "debug/leaks/live_blocks.hpp"
#include "debug/leaks/memory_walk.hpp"
#include "debug/leaks/reach.hpp"
#include "debug/leaks/roots.hpp"
#include "debug/leaks/stopped_threads.hpp"

namespace arenite {
namespace {

/// What the check itself maps, but for the blocks' tables.
constexpr std::size_t kOwnRegions = 8;
/// What a function that calls no other may use below its stack pointer.
constexpr std::size_t kRedZoneBytes = 128;

LeakObstacle obstacle_of(StopTrouble trouble) {
  switch (trouble) {
    case StopTrouble::none:
      return LeakObstacle::none;
    case StopTrouble::left_running:
      return LeakObstacle::threads_left_running;
    case StopTrouble::too_many_threads:
      return LeakObstacle::too_many_threads;
    case StopTrouble::unknown_threads:
      return LeakObstacle::threads_unknown;
    case StopTrouble::no_memory:
      return LeakObstacle::no_memory;
    case StopTrouble::no_signal:
      return LeakObstacle::no_signal;
  }
  return LeakObstacle::none;
}

bool is_ignored(void* settings, const BlockFacts& facts) {
  const auto& asked = *static_cast<const LeakSettings*>(settings);
  if (asked.ignored != nullptr && asked.ignored(asked.context, facts)) return true;
  return block_ignored(facts);
}

/// Too large for a small thread's stack, and full of addresses: lives in mapped memory.
class LeakCheck {
 public:
  LeakCheck(const LeakSettings& settings, Region own, Address stack_pointer)
      : settings_(settings), own_(own), stack_pointer_(stack_pointer) {}

  LeakTotals run(void (*report)(void* reporter, const LeakSite& site), void* reporter) {
    // Lives while the blocks' table does: what it says of leaks is looked up when threads run.
    if (settings_.hold != nullptr) settings_.hold(settings_.context);
    mark();
    if (settings_.let_go != nullptr) settings_.let_go(settings_.context);
    if (could_not_tell(totals_.obstacle)) return totals_;
    LeakSites sites(blocks_, *reach_, words_.data<std::uint32_t>());
    if (!sites.gather(settings_, totals_)) note(LeakObstacle::no_memory);
    sites.tell(report, reporter);
    return totals_;
  }

 private:
  void mark() {
    const StoppedThreads threads({settings_.signal, settings_.patience_ms});
    totals_.threads_stopped = threads.stopped();
    totals_.threads_left_running = threads.left_running();
    note(obstacle_of(threads.trouble()));
    if (!walk_.usable()) return note(LeakObstacle::memory_unreadable);
    if (!list_blocks()) return note(LeakObstacle::no_memory);
    if (blocks_.incomplete()) note(LeakObstacle::blocks_changed);
    reach_ = new (reach_storage_) Reach(blocks_, words_.data<std::uint32_t>(), walk_);
    if (!list_places(threads) || !list_left_out(threads)) return note(LeakObstacle::no_memory);
    reach_->add_reached_blocks();
    add_registers(threads);
    if (!add_memory(threads)) return note(LeakObstacle::no_mappings);
    reach_->tell_leaks_apart();
  }

  bool list_blocks() {
    auto* settings = const_cast<LeakSettings*>(&settings_);
    if (!blocks_.build(settings_.blocks, &is_ignored, settings)) return false;
    totals_.live = {blocks_.bytes(), blocks_.count()};
    return words_.map(blocks_.count() * Reach::kWordsPerBlock * sizeof(std::uint32_t));
  }

  bool list_places(const StoppedThreads& threads) {
    if (!places_.map((threads.stopped() + 1) * sizeof(ThreadPlace))) return false;
    auto* places = places_.data<ThreadPlace>();
    places[0] = {reinterpret_cast<Address>(__builtin_thread_pointer()), stack_pointer_};
    place_count_ = 1;
    threads.each_stopped([&](const ThreadRecord& thread) {
      places[place_count_++] = {thread.thread_pointer, thread.stack_pointer - kRedZoneBytes};
    });
    std::sort(places, places + place_count_, [](const ThreadPlace& a, const ThreadPlace& b) {
      return a.thread_pointer < b.thread_pointer;
    });
    return true;
  }

  bool list_left_out(const StoppedThreads& threads) {
    if (!left_out_.map((settings_.left_out.size() + kOwnRegions) * sizeof(Region))) return false;
    auto* regions = left_out_.data<Region>();
    for (const Region& region :
         {own_, threads.memory(), walk_.memory(), blocks_.memory(), blocks_.directory_memory(),
          words_.region(), places_.region(), left_out_.region()})
      regions[left_out_count_++] = region;
    for (const Region& region : settings_.left_out) regions[left_out_count_++] = region;
    std::sort(regions, regions + left_out_count_,
              [](const Region& a, const Region& b) { return a.begin < b.begin; });
    return true;
  }

  void add_registers(const StoppedThreads& threads) {
    threads.each_stopped([this](const ThreadRecord& thread) {
      for (const Address word : thread.registers) reach_->add_root(word);
      reach_->add_root(thread.thread_pointer);
      reach_->add_roots(thread.vector_registers,
                        thread.vector_registers + thread.vector_register_bytes, Pages::all);
    });
    // The caller's are on its stack. Both count where a stack is a block.
    reach_->add_root(stack_pointer_);
    reach_->add_root(reinterpret_cast<Address>(__builtin_thread_pointer()));
  }

  bool add_memory(const StoppedThreads& threads) {
    for (std::size_t i = 0; i < kMaxRootRegions; ++i)
      reach_->add_roots(root_region(i).begin, root_region(i).end, Pages::all);
    RootsAsked asked;
    asked.left_out = {left_out_.data<Region>(), left_out_count_};
    asked.threads = {places_.data<ThreadPlace>(), place_count_};
    asked.all_threads_known = threads.trouble() == StopTrouble::none;
    const auto visit = [](void* reach, Address begin, Address end) {
      static_cast<Reach*>(reach)->add_roots(begin, end, Pages::own);
    };
    return Roots(asked, walk_, maps_buffer_).each(visit, reach_);
  }

  /// The worst is told.
  void note(LeakObstacle obstacle) { totals_.obstacle = std::max(totals_.obstacle, obstacle); }

  const LeakSettings& settings_;
  Region own_;
  Address stack_pointer_;
  LeakTotals totals_;
  MemoryWalk walk_;
  LiveBlocks blocks_;
  MappedMemory words_;
  MappedMemory places_;
  std::size_t place_count_ = 0;
  MappedMemory left_out_;
  std::size_t left_out_count_ = 0;
  Reach* reach_ = nullptr;
  alignas(Reach) unsigned char reach_storage_[sizeof(Reach)];
  char maps_buffer_[MappingReader::kBufferBytes];
};

[[gnu::noinline]] LeakTotals check_from(const LeakSettings& settings,
                                        void (*report)(void* reporter, const LeakSite& site),
                                        void* reporter, Address stack_pointer) {
  const int saved = errno;
  LeakTotals totals;
  totals.obstacle = LeakObstacle::no_memory;
  const MappedMemory memory(sizeof(LeakCheck));
  if (memory.had()) {
    auto* check = new (memory.data()) LeakCheck(settings, memory.region(), stack_pointer);
    totals = check->run(report, reporter);
    check->~LeakCheck();
  }
  errno = saved;
  return totals;
}

}  // namespace

const char* describe(LeakObstacle obstacle) {
  switch (obstacle) {
    case LeakObstacle::none:
      return "everything was looked at";
    case LeakObstacle::threads_left_running:
      return "some threads could not be stopped";
    case LeakObstacle::too_many_threads:
      return "there are too many threads to stop them all";
    case LeakObstacle::threads_unknown:
      return "the system does not tell which threads there are";
    case LeakObstacle::no_signal:
      return "there is no signal to stop threads with";
    case LeakObstacle::blocks_changed:
      return "blocks came or went during the check";
    case LeakObstacle::no_memory:
      return "there is no memory to check in";
    case LeakObstacle::no_mappings:
      return "the system does not tell what is mapped";
    case LeakObstacle::memory_unreadable:
      return "the system forbids to read memory";
  }
  return "";
}

/// Leaves in its frame all registers that belong to the caller, which may be the only place a
/// pointer is; everything below this frame is the check's own and no root.
[[gnu::noinline]] LeakTotals check_leaks(const LeakSettings& settings,
                                         void (*report)(void* reporter, const LeakSite& site),
                                         void* reporter) {
  __builtin_unwind_init();
  Address stack_pointer;
  asm volatile("mov %%rsp, %0" : "=r"(stack_pointer));
  LeakTotals totals = check_from(settings, report, reporter, stack_pointer);
  // Keeps the frame there during the call.
  asm volatile("" : : "r"(&totals) : "memory");
  return totals;
}

}  // namespace arenite
