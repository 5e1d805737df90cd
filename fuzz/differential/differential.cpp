// SPDX-License-Identifier: MIT
// The same program on the heap, on the debug layer's guard heap over another one, and on the C
// library's malloc (a sanitizer's, where there is one): what a program can observe is the same. Of
// each block alignment, room and contents are compared; of each request whether it was served,
// where it must be or cannot be.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "debug/guard/guard_heap.hpp"
#include "debug/guard/heap_source.hpp"
#include "fuzz/support/census.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/expectation.hpp"
#include "proptests/model/fatal_trap.hpp"
#include "proptests/model/fields.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/size_code.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_heaps;

namespace {

using namespace arenite;
using model::Kind;

struct Lease {
  ThreadBlock number;
  ThreadBlock block() const { return number; }
};
struct OneThread {
  const ThreadBlock* number;
  Lease operator()() const { return {*number}; }
};

/// A heap on fake pages, opened. The buffer behind them is kept from run to run, one for each
/// `Owner`.
template <class G, class Owner>
struct OpenHeap {
  explicit OpenHeap(const model::Configuration& configuration) {
    is_open = heap.open(model::range_bytes<G>(configuration)) && (thread = heap.attach(1)) != 0;
  }
  ~OpenHeap() { heap.close(); }
  OpenHeap(const OpenHeap&) = delete;
  OpenHeap& operator=(const OpenHeap&) = delete;

  inline static thread_local FakeMemory memory{G::kPageBytes};
  FaultPlan faults;
  model::ModelHeap<G> heap{
      model::ModelPages{model::FencedPages<FakePages>{FakePages{memory}}, faults}};
  ThreadBlock thread = 0;
  bool is_open = false;
};

class System {
 public:
  virtual ~System() = default;
  virtual void* allocate(std::size_t size, std::size_t alignment, bool zeroed) = 0;
  virtual void* reallocate(void* block, std::size_t old_size, std::size_t size) = 0;
  virtual void free(void* block) = 0;
  virtual void settle() {}
};

template <class G>
class Plain final : public System {
 public:
  explicit Plain(const model::Configuration& configuration) : on_(configuration) {}
  void* allocate(std::size_t size, std::size_t alignment, bool zeroed) override {
    if (zeroed) return on_.heap.allocate_zeroed(on_.thread, size);
    return alignment > 1 ? on_.heap.allocate_aligned(on_.thread, alignment, size)
                         : on_.heap.allocate(on_.thread, size);
  }
  void* reallocate(void* block, std::size_t, std::size_t size) override {
    return on_.heap.reallocate(on_.thread, block, size);
  }
  void free(void* block) override { on_.heap.free(on_.thread, block); }
  void settle() override { on_.heap.trim(on_.thread); }

 private:
  OpenHeap<G, Plain> on_;
};

template <class G>
class Guarded final : public System {
 public:
  explicit Guarded(const model::Configuration& configuration) : on_(configuration) {
    GuardSettings settings;
    settings.quarantine_bytes = std::size_t{512} << configuration.quarantine_code % 4;
    if (!guarded_.open(settings)) std::abort();
  }
  ~Guarded() override {
    guarded_.hand_over(batch_);
    guarded_.hand_over(batch_);
    guarded_.drain();
    guarded_.close();
  }
  void* allocate(std::size_t size, std::size_t alignment, bool zeroed) override {
    Birth birth;
    birth.size = size;
    birth.alignment = alignment > 1 ? alignment : 0;
    birth.zeroed = zeroed;
    return guarded_.allocate(birth);
  }
  void* reallocate(void* block, std::size_t old_size, std::size_t size) override {
    void* moved = allocate(size, 1, false);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(old_size, size));
    free(block);
    return moved;
  }
  void free(void* block) override { guarded_.free(block, {}, batch_); }
  void settle() override {
    std::size_t checked = 0;
    guarded_.check_all(checked);
  }

 private:
  using Source = HeapSource<model::ModelHeap<G>, OneThread>;
  static void take(void*, const Damage&) {
    std::fprintf(stderr, "differential: the guard heap tells of misuse where there is none\n");
    std::abort();
  }
  OpenHeap<G, Guarded> on_;
  QuarantineBatch batch_;
  GuardHeap<Source> guarded_{Source(on_.heap, OneThread{&on_.thread}), DamageSink{this, take}};
};

class Libc final : public System {
 public:
  void* allocate(std::size_t size, std::size_t alignment, bool zeroed) override {
    if (zeroed) return std::calloc(1, size);
    // Not aligned_alloc: it may want the size to be a multiple.
    void* block = nullptr;
    if (alignment <= sizeof(void*)) return std::malloc(size);
    return ::posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
  }
  void* reallocate(void* block, std::size_t, std::size_t size) override {
    // Of 0 it would free.
    return std::realloc(block, std::max<std::size_t>(size, 1));
  }
  void free(void* block) override { std::free(block); }
};

template <class G>
class Comparison {
 public:
  explicit Comparison(const model::Program& program) : program_(program) {
    // With room enough that guards and quarantine never make the difference.
    model::Configuration configuration = program.configuration;
    configuration.arenas = 4;
    systems_.push_back(std::make_unique<Plain<G>>(configuration));
    systems_.push_back(std::make_unique<Guarded<G>>(configuration));
    systems_.push_back(std::make_unique<Libc>());
    rows_.resize(program.configuration.slots());
  }

  void run() {
    for (const model::Operation& operation : program_.operations) perform(operation);
    for (Row& row : rows_) release(row);
  }

 private:
  static constexpr std::size_t kSystems = 3;
  /// So much can all of them serve, at any time; more of it is not asked for.
  static constexpr std::size_t kMostLive = kArenaBytes<G> / 4;
  static constexpr std::size_t kCompared = 2048;

  struct Row {
    void* block[kSystems] = {};
    std::size_t size = 0;
    std::size_t cost = 0;
    bool live() const { return block[0] != nullptr; }
  };

  [[noreturn]] void fail(const std::string& what) {
    arenite::fuzz::fail("differential: " + what, program_);
  }

  void perform(const model::Operation& operation) {
    Row& row = rows_[operation.slot];
    const auto size = model::bytes_of<G>(model::SizeCode::decode(operation.arg));
    switch (operation.kind) {
      case Kind::allocate:
        return allocate(row, size, 1, false);
      case Kind::allocate_zeroed:
        return allocate(row, size, 1, true);
      case Kind::allocate_aligned:
        return allocate(row, size,
                        std::size_t{1} << model::get(operation, model::field::alignment) % 13,
                        false);
      case Kind::batch_allocate:
        for (std::size_t i = 0; i < model::get(operation, model::field::count); ++i)
          if (operation.slot + i < rows_.size())
            allocate(rows_[operation.slot + i], size, 1, false);
        return;
      case Kind::reallocate:
        return reallocate(row, size);
      case Kind::free:
      case Kind::remote_free:
        return release(row);
      case Kind::trim:
      case Kind::check_all:
        for (auto& system : systems_) system->settle();
        return;
      default:
        return;
    }
  }

  void allocate(Row& row, std::size_t size, std::size_t alignment, bool zeroed) {
    Row fresh;
    fresh.size = size;
    fresh.cost = cost(size, alignment);
    if (row.live() || !may_ask(fresh)) return;
    for (std::size_t i = 0; i < kSystems; ++i)
      fresh.block[i] = systems_[i]->allocate(size, alignment, zeroed);
    if (!agree_on_service(fresh)) return;
    for (void* block : fresh.block)
      if (reinterpret_cast<Address>(block) % alignment != 0) fail("alignment");
    if (zeroed) compare(fresh, size);
    write(fresh);
    row = fresh;
    live_ += row.cost;
    arenite::fuzz::count("allocated");
  }

  void reallocate(Row& row, std::size_t size) {
    Row moved;
    moved.size = size;
    moved.cost = cost(size, 1);
    if (!row.live() || !may_ask(moved)) return;
    compare(row, row.size);
    for (std::size_t i = 0; i < kSystems; ++i)
      moved.block[i] = systems_[i]->reallocate(row.block[i], row.size, size);
    if (!agree_on_service(moved)) return compare(row, row.size);
    compare(moved, std::min(row.size, size), size == row.size);
    live_ = live_ - row.cost + moved.cost;
    write(moved);
    row = moved;
    arenite::fuzz::count("reallocated");
  }

  /// What a guarded block takes at the most, but for rounding.
  static std::size_t cost(std::size_t size, std::size_t alignment) {
    return size > kTooMuch ? 0 : size + 2 * alignment + 64;
  }
  bool may_ask(const Row& row) const {
    return row.size > kTooMuch || live_ + row.cost <= kMostLive;
  }
  /// Nobody has so much.
  static constexpr std::size_t kTooMuch = std::size_t{1} << 48;

  /// Whether all served the request; they do not differ in it.
  bool agree_on_service(const Row& row) {
    for (void* block : row.block)
      if ((block != nullptr) != (row.size <= kTooMuch))
        fail(block == nullptr ? "null for what all can serve" : "a block for what nobody can");
    return row.size <= kTooMuch;
  }

  void release(Row& row) {
    if (!row.live()) return;
    compare(row, row.size);
    for (std::size_t i = 0; i < kSystems; ++i) systems_[i]->free(row.block[i]);
    live_ -= row.cost;
    row = {};
    arenite::fuzz::count("freed");
  }

  void write(Row& row) {
    ++writes_;
    for (void* block : row.block) {
      auto* bytes = static_cast<unsigned char*>(block);
      const std::size_t edge = std::min(row.size, kCompared);
      for (std::size_t i = 0; i < edge; ++i) {
        bytes[i] = static_cast<unsigned char>(i * 7 + writes_);
        bytes[row.size - 1 - i] = static_cast<unsigned char>(i * 5 + writes_);
      }
    }
  }

  /// The first `bytes` are the same everywhere, as far as edges tell.
  void compare(const Row& row, std::size_t bytes, bool to_the_end = true) {
    const std::size_t edge = std::min(bytes, kCompared);
    for (std::size_t i = 1; i < kSystems; ++i) {
      const auto *one = static_cast<const char*>(row.block[0]),
                 *other = static_cast<const char*>(row.block[i]);
      // What lies between the edges was never written.
      if (std::memcmp(one, other, edge) != 0) fail("contents at the beginning");
      if (to_the_end && std::memcmp(one + bytes - edge, other + bytes - edge, edge) != 0)
        fail("contents at the end");
    }
    arenite::fuzz::count("compared");
  }

  const model::Program& program_;
  std::vector<std::unique_ptr<System>> systems_;
  std::vector<Row> rows_;
  std::size_t live_ = 0;
  unsigned writes_ = 0;
};

}  // namespace

/// The sanitizer's malloc would end the process of who asks for too much.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const model::Program program = arenite::fuzz::program_of(data, size);
  arenite::fuzz::count_input();
  const model::FatalTrap trap;
  try {
    model::for_geometry(program.configuration.geometry,
                        [&program]<class G>() { Comparison<G>(program).run(); });
  } catch (const model::Fatal& fatal) {
    arenite::fuzz::fail("differential: fatal message: " + fatal.message, program);
  }
  return 0;
}
