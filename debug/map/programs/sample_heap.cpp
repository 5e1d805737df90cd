// SPDX-License-Identifier: MIT
// A heap with something of everything in it, at several instants, as snapshots for the tests of the
// map: sample_heap production|classic POOLS FILE...
//
// Deterministic but for addresses. Blocks are never written to, so a heap of gigabytes costs only
// its tables.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "debug/audit/audit.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/writer.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "heap/heap.hpp"
#include "layout/own_memory.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

constexpr unsigned kThreads = 3;

template <class G>
class Sample {
 public:
  using Classes = SizeClasses<G>;

  explicit Sample(std::size_t pools) : pools_(pools) {
    // Room for what is free, too.
    if (!heap_.open(G::kRangeBytes)) throw CannotTell("no address space");
    for (unsigned i = 0; i < kThreads; ++i) threads_[i] = heap_.attach(1000 + i);
  }

  /// Stretches of pools of one class each, and a span here and there, up to about `pools_`.
  void grow() {
    std::size_t taken = 0;
    while (taken < pools_) {
      const auto size_class = static_cast<unsigned>(random_() % Classes::kCount);
      const std::size_t stretch = std::min<std::size_t>(pools_ - taken, 1 + random_() % 200);
      const std::size_t blocks = stretch * Classes::kFacts[size_class].capacity;
      const ThreadBlock thread = threads_[random_() % kThreads];
      for (std::size_t i = 0; i < blocks; ++i) keep(thread, Classes::kBlocks[size_class]);
      ends_.push_back(blocks_.size());
      taken += stretch;
      if (random_() % 4 == 0) {
        const std::size_t span = 1 + random_() % 12;
        keep(thread, span * G::kPoolBytes - 100);
        taken += span;
      }
    }
  }

  /// Of each stretch frees some share of the blocks: all, none, or anything between.
  void thin_out() {
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      const unsigned share = std::array{0u, 0u, 20u, 50u, 90u, 98u, 100u, 100u}[random_() % 8];
      const ThreadBlock thread = threads_[random_() % kThreads];
      for (std::size_t i = begin; i < end; ++i)
        if (blocks_[i] != nullptr && random_() % 100 < share) {
          heap_.free(thread, blocks_[i]);
          blocks_[i] = nullptr;
        }
      begin = end;
    }
  }

  void save(const char* path, unsigned at) {
    AuditResult result;
    Findings findings([](void*, const Finding&) {}, nullptr);
    AuditSubject subject;
    subject.root = reinterpret_cast<Address>(&heap_.root());
    audit_heap(OwnMemory{}, subject, findings, result);
    if (result.end != AuditEnd::complete) throw CannotTell("the heap is not sound");
    snapshot::Writer writer(path);
    snapshot::FileHeader header{};
    header.fingerprint = kFingerprint;
    header.pid = 4711;
    header.time_ns = (1700000000 + at * 60ull) * 1000000000;
    writer.begin(header);
    char facts[200];
    std::snprintf(facts, sizeof facts, "command sample\nheap %llx - /lib/sample.so\n",
                  static_cast<unsigned long long>(subject.root));
    writer.text(snapshot::Kind::facts, facts);
    for (const Region& stretch : snapshot::heap_stretches(result.plan, false))
      writer.memory(OwnMemory{}, stretch);
    writer.finish();
  }

 private:
  void keep(ThreadBlock thread, std::size_t size) {
    void* block = heap_.allocate(thread, size);
    if (block == nullptr) throw CannotTell("no memory");
    blocks_.push_back(block);
  }

  std::size_t pools_;
  std::mt19937 random_{12};
  Heap<HeapConfig<G, LinuxPages>> heap_{LinuxPages()};
  ThreadBlock threads_[kThreads] = {};
  std::vector<void*> blocks_;
  std::vector<std::size_t> ends_;  ///< of stretches, in `blocks_`
};

template <class G>
void write_all(std::size_t pools, char** files, int count) {
  // A part of it from snapshot to snapshot.
  Sample<G> sample(pools / static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    sample.grow();
    sample.thin_out();
    sample.save(files[i], static_cast<unsigned>(i));
  }
}

int main_of(int argc, char** argv) {
  if (argc < 4) return 64;
  const std::string geometry = argv[1];
  const std::size_t pools = std::strtoull(argv[2], nullptr, 10);
  if (pools == 0 || (geometry != "production" && geometry != "classic")) return 64;
  try {
    if (geometry == "classic")
      write_all<Classic>(pools, argv + 3, argc - 3);
    else
      write_all<Production>(pools, argv + 3, argc - 3);
  } catch (const CannotTell& reason) {
    std::fprintf(stderr, "sample_heap: %s\n", reason.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace arenite

int main(int argc, char** argv) {
  return arenite::main_of(argc, argv);
}
