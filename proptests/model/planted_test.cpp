// SPDX-License-Identifier: MIT
// The oracle can say no: heaps with one planted bug each, and the property that must find it within
// a number of programs made by chance. And it can say yes: the heap as it is.
#include <gtest/gtest.h>

#include "proptests/model/heap_audit.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

constexpr unsigned kOperations = 50;

/// Runs programs until one diverges; its property, or "" after `programs`.
template <class HeapType>
std::string first_divergence(unsigned programs) {
  for (unsigned seed = 0; seed < programs; ++seed) {
    Random random(seed);
    const Program program = random_program(random, GeometryName::tiny, kOperations);
    const Outcome outcome = run_on<HeapType, HeapAudit>(program);
    if (!outcome.diverged()) continue;
    SCOPED_TRACE(to_text(*outcome.divergence, program));
    return outcome.divergence->property;
  }
  return "";
}

using Sound = ModelHeap<Tiny>;

struct SizeClassOffByOne : Sound {
  using Sound::Sound;
  void* allocate(ThreadBlock thread, std::size_t size) {
    return Sound::allocate(thread, size == 129 ? 128 : size);
  }
};

struct SizeClassTooLarge : Sound {
  using Sound::Sound;
  void* allocate(ThreadBlock thread, std::size_t size) {
    return Sound::allocate(thread, size == 96 ? 97 : size);
  }
};

struct ReallocLosesLastByte : Sound {
  using Sound::Sound;
  void* reallocate(ThreadBlock thread, void* block, std::size_t size) {
    const std::size_t kept = std::min(usable_size(block), size);
    auto* moved = static_cast<std::byte*>(Sound::reallocate(thread, block, size));
    if (moved != nullptr && moved != block && kept > 0) moved[kept - 1] ^= std::byte{1};
    return moved;
  }
};

struct FailedReallocFrees : Sound {
  using Sound::Sound;
  void* reallocate(ThreadBlock thread, void* block, std::size_t size) {
    void* moved = Sound::reallocate(thread, block, size);
    if (moved == nullptr) std::memset(block, 0, 1);
    return moved;
  }
};

struct ZeroedIsNot : Sound {
  using Sound::Sound;
  void* allocate_zeroed(ThreadBlock thread, std::size_t size) {
    return size > 128 && size <= 192 ? Sound::allocate(thread, size)
                                     : Sound::allocate_zeroed(thread, size);
  }
};

struct AlignmentIgnored : Sound {
  using Sound::Sound;
  void* allocate_aligned(ThreadBlock thread, std::size_t alignment, std::size_t size) {
    return alignment == 64 && size < 64 ? Sound::allocate(thread, size)
                                        : Sound::allocate_aligned(thread, alignment, size);
  }
};

struct LargeAlignmentIgnored : Sound {
  using Sound::Sound;
  void* allocate_aligned(ThreadBlock thread, std::size_t alignment, std::size_t size) {
    return Sound::allocate_aligned(thread, std::min(alignment, Tiny::kPoolBytes), size);
  }
};

struct SameBlockTwice : Sound {
  using Sound::Sound;
  void* allocate(ThreadBlock thread, std::size_t size) {
    if (++calls % 64 == 0 && size == last_size) return last;
    last_size = size;
    return last = Sound::allocate(thread, size);
  }
  unsigned calls = 0;
  std::size_t last_size = 0;
  void* last = nullptr;
};

struct UsableTooLarge : Sound {
  using Sound::Sound;
  std::size_t usable_size(const void* block) {
    const std::size_t usable = Sound::usable_size(block);
    return usable == 48 ? 56 : usable;
  }
};

struct FreeScribbles : Sound {
  using Sound::Sound;
  void free(ThreadBlock thread, void* block) {
    const bool tall = block != nullptr && owns(block) && Sound::usable_size(block) == 256;
    if (tall && reinterpret_cast<Address>(block) % 2048 != 0)
      static_cast<std::byte*>(block)[-1] ^= std::byte{1};
    Sound::free(thread, block);
  }
};

struct FreeForgets : Sound {
  using Sound::Sound;
  void free(ThreadBlock thread, void* block) {
    if (++calls % 64 != 0) Sound::free(thread, block);
  }
  unsigned calls = 0;
};

struct DetachForgets : Sound {
  using Sound::Sound;
  void detach(ThreadBlock) {}
};

struct GivesUpEarly : Sound {
  using Sound::Sound;
  void* allocate(ThreadBlock thread, std::size_t size) {
    return root().used_pools > 40 ? nullptr : Sound::allocate(thread, size);
  }
};

struct InteriorIgnored : Sound {
  using Sound::Sound;
  void free(ThreadBlock thread, void* block) {
    if (reinterpret_cast<Address>(block) % 16 == 0 || !owns(block)) Sound::free(thread, block);
  }
};

struct OwnsTooMuch : Sound {
  using Sound::Sound;
  bool owns(const void* address) const {
    return Sound::owns(address) ||
           Sound::owns(reinterpret_cast<void*>(reinterpret_cast<Address>(address) - 1));
  }
};

struct BitLost : Sound {
  using Sound::Sound;
  void trim(ThreadBlock thread) {
    Sound::trim(thread);
    root().used_pools ^= 1;
  }
};

TEST(Planted, nothing_is_found_in_the_heap_as_it_is) {
  EXPECT_EQ(first_divergence<Sound>(2000), "");
}

// The second argument: the property that finds it. The third: programs that may be needed.
#define PLANTED(Bug, property, programs)                  \
  TEST(Planted, Bug) {                                    \
    EXPECT_EQ(first_divergence<Bug>(programs), property); \
  }

PLANTED(SizeClassOffByOne, "P3", 500)
PLANTED(SizeClassTooLarge, "P3", 500)
PLANTED(ReallocLosesLastByte, "P6", 20)
PLANTED(FailedReallocFrees, "P4", 20)
PLANTED(ZeroedIsNot, "P5", 1000)
PLANTED(AlignmentIgnored, "P3", 500)
PLANTED(LargeAlignmentIgnored, "P2", 500)
PLANTED(SameBlockTwice, "P1", 200)
PLANTED(UsableTooLarge, "P3", 50)
PLANTED(FreeScribbles, "P4", 500)
PLANTED(FreeForgets, "P9", 200)
PLANTED(DetachForgets, "P24", 20)
PLANTED(GivesUpEarly, "P23", 200)
PLANTED(InteriorIgnored, "P19", 50)
PLANTED(OwnsTooMuch, "P19", 500)
PLANTED(BitLost, "P10", 20)

}  // namespace
}  // namespace arenite::model
