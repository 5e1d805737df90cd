// SPDX-License-Identifier: MIT
#include "proptests/model/planted_heaps.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "proptests/model/heap_audit.hpp"

namespace arenite::model {
namespace {

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

struct Kills : Sound {
  using Sound::Sound;
  void trim(ThreadBlock thread) {
    if (root().used_pools > 2) std::abort();
    Sound::trim(thread);
  }
};

template <class HeapType>
constexpr PlantedBug planted(const char* name, const char* property, unsigned programs) {
  return {name, property, programs, [](const Program& program, RunOptions options) {
            return run_on<HeapType, HeapAudit>(program, options);
          }};
}

constexpr PlantedBug kPlanted[] = {
    planted<SizeClassOffByOne>("SizeClassOffByOne", "P3", 500),
    planted<SizeClassTooLarge>("SizeClassTooLarge", "P3", 500),
    planted<ReallocLosesLastByte>("ReallocLosesLastByte", "P6", 20),
    planted<FailedReallocFrees>("FailedReallocFrees", "P4", 20),
    planted<ZeroedIsNot>("ZeroedIsNot", "P5", 1000),
    planted<AlignmentIgnored>("AlignmentIgnored", "P3", 500),
    planted<LargeAlignmentIgnored>("LargeAlignmentIgnored", "P2", 500),
    planted<SameBlockTwice>("SameBlockTwice", "P1", 200),
    planted<UsableTooLarge>("UsableTooLarge", "P3", 50),
    planted<FreeScribbles>("FreeScribbles", "P4", 500),
    planted<FreeForgets>("FreeForgets", "P9", 200),
    planted<DetachForgets>("DetachForgets", "P24", 20),
    planted<GivesUpEarly>("GivesUpEarly", "P23", 200),
    planted<InteriorIgnored>("InteriorIgnored", "P19", 50),
    planted<OwnsTooMuch>("OwnsTooMuch", "P19", 500),
    planted<BitLost>("BitLost", "P10", 20),
};
constexpr PlantedBug kKilling = planted<Kills>("Kills", "", 200);
constexpr PlantedBug kNone = planted<Sound>("none", "", 0);

}  // namespace

std::span<const PlantedBug> planted_bugs() {
  return kPlanted;
}

const PlantedBug& killing_bug() {
  return kKilling;
}

const PlantedBug& no_bug() {
  return kNone;
}

}  // namespace arenite::model
