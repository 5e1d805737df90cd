// SPDX-License-Identifier: MIT
// The C interface to a heap of the program's own, with the arguments nobody means: sizes 0 and near
// SIZE_MAX, alignments that are no power of two, realloc of null, of nothing, up, down and in
// place; with errno. Input: records of 8 bytes, {call, slot, alignment, how the size is meant,
// size}.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "arenite/arenite.h"
#include "frontend/process/process_heap.hpp"
#include "fuzz/support/census.hpp"
#include "geometry/production.hpp"
#include "proptests/model/contents.hpp"
#include "proptests/model/expectation.hpp"

namespace {

using namespace arenite;

constexpr std::size_t kSlots = 16;
constexpr std::size_t kRange = std::size_t{8} << 20;
constexpr int kErrno = 77;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "realloc_align: %s\n", what);
  std::abort();
}

struct Call {
  unsigned what;
  std::size_t slot;
  std::size_t alignment;
  std::size_t size;

  static Call decode(const std::uint8_t* bytes) {
    std::uint32_t number;
    std::memcpy(&number, bytes + 4, sizeof number);
    // Most alignments are powers of two, a few less, more, or nothing.
    const std::size_t power = std::size_t{1} << (bytes[2] & 63);
    const std::size_t alignment = bytes[2] >> 6 == 3 ? power + bytes[3] % 3 - 1 : power;
    return {bytes[0] % 6u, bytes[1] % kSlots, alignment, size_of(bytes[3], number)};
  }

  static std::size_t size_of(std::uint8_t how, std::uint32_t number) {
    switch (how >> 5) {
      case 0:
        return 0;
      case 1:
        return SIZE_MAX - (number & 0xffff);
      case 2:
        return (SIZE_MAX >> (number & 31)) + (number >> 30);
      case 3:
      case 4:
        return Production::kBlockBytes[number % Production::kBlockBytes.size()] +
               (number >> 8) % 5 - 2;
      case 5:
        return number % (1u << 21);
      default:
        return number % 4096;
    }
  }
};

class Session {
 public:
  Session() : heap_(arn_heap_create(kRange)) { require(heap_ != nullptr, "no heap"); }
  ~Session() {
    for (Block& block : blocks_) free(block);
    require(arn_heap_audit(heap_, 2) == 0, "the audit finds something at the end");
    arn_heap_destroy(heap_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void perform(const Call& call) {
    Block& block = blocks_[call.slot];
    switch (call.what) {
      case 0:
        free(block);
        return allocate(block, call.size, 1, false);
      case 1:
        free(block);
        return allocate(block, call.size, call.alignment, true);
      case 2:
        return free(block);
      case 3:
      case 4:
        return reallocate(block, call.size);
      default:
        arn_heap_free(heap_, nullptr);
        require(!arn_heap_owns(heap_, this), "owns the stack");
        require(arn_heap_audit(heap_, 2) == 0, "the audit finds something");
        fuzz::count("audits");
    }
  }

 private:
  struct Block {
    void* at = nullptr;
    std::size_t size = 0;
    std::uint64_t seed = 0;
  };

  void allocate(Block& block, std::size_t size, std::size_t alignment, bool aligned) {
    errno = kErrno;
    void* at =
        aligned ? arn_heap_aligned_alloc(heap_, alignment, size) : arn_heap_malloc(heap_, size);
    if (aligned && (alignment == 0 || (alignment & (alignment - 1)) != 0)) {
      require(at == nullptr && errno == EINVAL, "an alignment that is none must get EINVAL");
      return fuzz::count("invalid");
    }
    take(block, at, size, alignment);
  }

  void reallocate(Block& block, std::size_t size) {
    const std::size_t kept = std::min(block.size, size);
    check(block);
    model::fill_before(block.at, block.at == nullptr ? 0 : kept, block.seed);
    errno = kErrno;
    void* at = arn_heap_realloc(heap_, block.at, size);
    if (at == nullptr) {
      require(errno == ENOMEM, "null without ENOMEM");
      // What could not grow is as it was, to its last byte.
      require(!wrong(block.at, block, kept), "a failed realloc changed the block");
      if (block.at != nullptr) model::fill(block.at, whole(block.size), block.seed);
      return fuzz::count("refused");
    }
    require(!wrong(at, block, kept), "realloc lost what it has to keep");
    fuzz::count(at == block.at ? "in_place" : "moved");
    block = {};
    take(block, at, size, 1);
  }

  void take(Block& block, void* at, std::size_t size, std::size_t alignment) {
    if (at == nullptr) {
      require(errno == ENOMEM, "null without ENOMEM");
      require(size > kRange / 64 || alignment > kRange / 64 || live_ > kRange / 64,
              "null though there is room");
      return fuzz::count("refused");
    }
    require(errno == kErrno, "a call that succeeded changed errno");
    require(size <= kRange, "a block larger than its heap");
    const auto address = reinterpret_cast<Address>(at);
    require(address % std::max<std::size_t>(alignment, 16) == 0, "alignment");
    require(arn_heap_owns(heap_, at) != 0, "does not own its block");
    for (const Block& other : blocks_) {
      const auto begin = reinterpret_cast<Address>(other.at);
      require(other.at == nullptr || address + size <= begin || begin + other.size <= address,
              "overlaps another");
      require(at != other.at, "the same block twice");
    }
    block = {at, size, ++seed_};
    live_ += size;
    model::fill(at, whole(size), block.seed);
    model::fill_before(at, size, block.seed);
    fuzz::count("allocated");
  }

  void free(Block& block) {
    if (block.at == nullptr) return;
    check(block);
    live_ -= block.size;
    errno = kErrno;
    arn_heap_free(heap_, block.at);
    require(errno == kErrno, "free changed errno");
    block = {};
    fuzz::count("freed");
  }

  static std::size_t whole(std::size_t size) { return round_down(size, 8); }

  void check(const Block& block) {
    require(block.at == nullptr || !wrong(block.at, block, whole(block.size)), "contents changed");
  }

  static bool wrong(const void* at, const Block& block, std::size_t kept) {
    if (block.at == nullptr) return false;
    return model::first_wrong(at, whole(block.size), std::min(kept, whole(block.size)),
                              block.seed) ||
           model::first_wrong_byte(at, kept - std::min<std::size_t>(kept, 8), kept, block.seed);
  }

  arn_heap* heap_;
  Block blocks_[kSlots];
  std::size_t live_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace

/// The debug layer is not there to choose any other.
const arenite::Interceptor& arenite::choose_slow_paths() {
  return plain_slow_paths;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::count_input();
  Session session;
  for (std::size_t at = 0; at + 8 <= size; at += 8) session.perform(Call::decode(data + at));
  return 0;
}
