// SPDX-License-Identifier: MIT
// A pool of objects of one type.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include <arenite/pool.h>

namespace arenite {

/// Owns a pool. Movable. Any number of threads may make and destroy objects at once.
template <class T>
class object_pool {
 public:
  static_assert(alignof(T) <= 16, "objects of a pool are aligned to 16");

  /// Throws std::bad_alloc.
  object_pool() : pool_(arn_pool_create(sizeof(T))) {
    if (!pool_) throw std::bad_alloc();
  }

  /// Throws std::bad_alloc, and what the constructor throws.
  template <class... Arguments>
  [[nodiscard]] T* make(Arguments&&... arguments) {
    void* bytes = arn_pool_allocate(pool_.get());
    if (bytes == nullptr) throw std::bad_alloc();
    Bytes guard(bytes, GiveBack{pool_.get()});
    T* object = ::new (bytes) T(std::forward<Arguments>(arguments)...);
    guard.release();
    return object;
  }

  /// Requires: an object of this pool, or null. The pool itself, when it goes, calls no destructors
  /// of objects that are left.
  void destroy(T* object) noexcept {
    if (object == nullptr) return;
    std::destroy_at(object);
    arn_pool_free(pool_.get(), object);
  }

 private:
  struct GiveBack {
    arn_pool* pool;
    void operator()(void* bytes) const noexcept { arn_pool_free(pool, bytes); }
  };
  using Bytes = std::unique_ptr<void, GiveBack>;
  struct Destroy {
    void operator()(arn_pool* pool) const noexcept { arn_pool_destroy(pool); }
  };
  std::unique_ptr<arn_pool, Destroy> pool_;
};

}  // namespace arenite
