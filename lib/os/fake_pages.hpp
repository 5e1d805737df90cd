// SPDX-License-Identifier: MIT
// Pages from one buffer that the test owns: no system call, deterministic, and strict: misuse of
// the contract (a stretch outside the reservation, an unaligned one, commit refused and used) ends
// in the fatal handler. Reservations are recycled, so that fuzz loops keep no address space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "base/bits.hpp"
#include "base/contract.hpp"
#include "base/strong.hpp"
#include "interface/page_source.hpp"

namespace arenite {

/// The buffer and what happened to it. Outlives the heaps that draw on it; one heap at a time.
class FakeMemory {
 public:
  /// `page_bytes`: granularity every request must have.
  explicit FakeMemory(std::size_t page_bytes) : page_bytes_(page_bytes) {}

  Address reserve(std::size_t bytes, std::size_t alignment) {
    ARN_REQUIRE(reserved_ == 0, "fake pages: one reservation at a time");
    if (capacity_ < bytes + alignment) {
      capacity_ = bytes + alignment;
      buffer_.reset(new (std::nothrow) std::byte[capacity_]);
      if (!buffer_) {
        capacity_ = 0;
        return 0;
      }
      committed_.assign(1, {reinterpret_cast<Address>(buffer_.get()), capacity_});
    }
    // Only what an earlier user could have written needs clearing.
    for (const Part& part : committed_)
      std::memset(reinterpret_cast<void*>(part.at), 0, part.bytes);
    committed_.clear();
    base_ = round_up(reinterpret_cast<Address>(buffer_.get()), alignment);
    reserved_ = bytes;
    return base_;
  }

  void unreserve(Address at, std::size_t bytes) {
    ARN_REQUIRE(at == base_ && bytes == reserved_, "fake pages: unreserve of another stretch");
    reserved_ = 0;
    committed_bytes = 0;
  }

  bool commit(Address at, std::size_t bytes) {
    check(at, bytes);
    committed_bytes += bytes;
    committed_.push_back({at, bytes});
    return true;
  }

  bool decommit(Address at, std::size_t bytes) {
    check(at, bytes);
    std::memset(reinterpret_cast<void*>(at), 0, bytes);
    ++decommits;
    return true;
  }

  bool move(Address from, Address to, std::size_t bytes) {
    check(from, bytes);
    check(to, bytes);
    std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes);
    std::memset(reinterpret_cast<void*>(from), 0, bytes);
    ++moves;
    return true;
  }

  void prefer(Address at, std::size_t bytes, PageSize size) {
    check(at, bytes);
    wishes.push_back({at, bytes, size});
  }

  struct Wish {
    Address at;
    std::size_t bytes;
    PageSize size;
  };

  std::vector<Wish> wishes;
  std::size_t committed_bytes = 0;
  std::size_t decommits = 0;
  std::size_t moves = 0;

 private:
  struct Part {
    Address at;
    std::size_t bytes;
  };

  void check(Address at, std::size_t bytes) const {
    ARN_REQUIRE(at % page_bytes_ == 0 && bytes % page_bytes_ == 0 && bytes > 0,
                "fake pages: stretch not made of pages");
    ARN_REQUIRE(at >= base_ && at - base_ <= reserved_ && bytes <= reserved_ - (at - base_),
                "fake pages: stretch outside the reservation");
  }

  std::size_t page_bytes_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::vector<Part> committed_;
  Address base_ = 0;
  std::size_t reserved_ = 0;
};

/// The page source over a FakeMemory.
class FakePages {
 public:
  explicit FakePages(FakeMemory& memory) : memory_(&memory) {}
  Address reserve(std::size_t bytes, std::size_t alignment) {
    return memory_->reserve(bytes, alignment);
  }
  void unreserve(Address at, std::size_t bytes) { memory_->unreserve(at, bytes); }
  bool commit(Address at, std::size_t bytes) { return memory_->commit(at, bytes); }
  bool decommit(Address at, std::size_t bytes) { return memory_->decommit(at, bytes); }
  bool move(Address from, Address to, std::size_t bytes) { return memory_->move(from, to, bytes); }
  void prefer(Address at, std::size_t bytes, PageSize size) { memory_->prefer(at, bytes, size); }
  std::size_t reserve_limit() { return SIZE_MAX; }

 private:
  FakeMemory* memory_;
};
static_assert(PageSource<FakePages>);

}  // namespace arenite
