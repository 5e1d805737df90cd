// SPDX-License-Identifier: MIT
// A page source that, under AddressSanitizer, lets nobody touch what is not committed: what the
// system's page protection does for a real heap. Without AddressSanitizer it adds nothing.
#pragma once

#include <cstddef>

#include "base/strong.hpp"
#include "interface/page_source.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define ARENITE_MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENITE_MODEL_ASAN 1
#endif
#endif
#ifdef ARENITE_MODEL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace arenite::model {

inline void fence([[maybe_unused]] Address at, [[maybe_unused]] std::size_t bytes) {
#ifdef ARENITE_MODEL_ASAN
  __asan_poison_memory_region(reinterpret_cast<void*>(at), bytes);
#endif
}

inline void unfence([[maybe_unused]] Address at, [[maybe_unused]] std::size_t bytes) {
#ifdef ARENITE_MODEL_ASAN
  __asan_unpoison_memory_region(reinterpret_cast<void*>(at), bytes);
#endif
}

template <PageSource Pages>
class FencedPages {
 public:
  explicit FencedPages(Pages pages) : pages_(pages) {}

  Address reserve(std::size_t bytes, std::size_t alignment) {
    const Address at = pages_.reserve(bytes, alignment);
    if (at != 0) fence(at, bytes);
    return at;
  }
  void unreserve(Address at, std::size_t bytes) {
    unfence(at, bytes);
    pages_.unreserve(at, bytes);
  }
  bool commit(Address at, std::size_t bytes) {
    if (!pages_.commit(at, bytes)) return false;
    unfence(at, bytes);
    return true;
  }
  bool decommit(Address at, std::size_t bytes) { return pages_.decommit(at, bytes); }
  bool move(Address from, Address to, std::size_t bytes) { return pages_.move(from, to, bytes); }
  void prefer(Address at, std::size_t bytes, PageSize size) { pages_.prefer(at, bytes, size); }
  std::size_t reserve_limit() { return pages_.reserve_limit(); }

 private:
  Pages pages_;
};

}  // namespace arenite::model
