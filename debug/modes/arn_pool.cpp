// SPDX-License-Identifier: MIT
// The arn_pool_ functions of arenite/pool.h. What a pool is depends on the process: a heap of its
// own; or, where requests are diverted, blocks of the slow paths and a list of them. Tools that
// watch memory thus know objects as they know other blocks. They are not told of the pool: of
// memcheck's two kinds of pools the one that nests, METAPOOL, lets its leak check take pointers to
// an object for pointers to the pool's memory, and report objects that are in use.
#include <pthread.h>

#include <cerrno>
#include <memory>
#include <new>

#include "arenite/pool.h"
#include "base/contract.hpp"
#include "debug/modes/forwarded.hpp"
#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"
#include "debug/pools/address_set.hpp"
#include "debug/report/names.hpp"

namespace arenite {
namespace {

constexpr AddressSet::Memory kTables = {
    // On the heap, and whole addresses in them: whoever finds the pool finds its objects.
    .allocate_zeroed = [](std::size_t bytes) { return process_allocate_zeroed(bytes); },
    .free = [](void* table) { process_free(table); },
};

/// Over the lists of all pools: at most diverted processes wait for it.
constinit LockWord lists_lock{0};

/// After those of the process heap, so that before a fork this lock is the first to be taken.
[[gnu::constructor(102)]] void register_fork_handlers() {
  ::pthread_atfork([] { lock(lists_lock); }, [] { unlock(lists_lock); }, [] { reset(lists_lock); });
}

arn_heap* open_heap() {
  constexpr std::size_t kAmpleBytes = std::size_t{16} << 30;
  const int kept = errno;
  arn_heap* heap = arn_heap_create(kAmpleBytes);
  if (heap != nullptr) return heap;
  errno = kept;
  return arn_heap_create(0);
}

/// An address that is given back to a pool it is not of.
void refuse(void* object) {
  const ToolsLookAway away(*layer.annotator);
  Incident incident;
  incident.fault = Fault::bad_free;
  incident.bad = reinterpret_cast<Address>(object);
  incident.operation = releaser_name(Family::pool);
  incident.released_as = Family::pool;
  incident.detail = "it is no object of this pool";
  if (!find_block(incident.bad, incident.block)) incident.block = {};
  report_incident(incident);
}

enum class Known : unsigned char { nothing, object, something_else };

/// What the layer knows to begin at an address: an object of some pool that lives?
Known look_up(Address at) {
  const ToolsLookAway away(*layer.annotator);
  BlockFacts facts;
  if (!find_block(at, facts)) return Known::nothing;
  const bool lives = facts.begin == at && facts.state == BlockState::live;
  return lives && facts.family == Family::pool ? Known::object : Known::something_else;
}

/// Frees what is no object of the pool, so that whoever has it says what is wrong with that; but
/// not what may be freed, and not through this pool.
void give_back_stranger(void* object) {
  if (look_up(reinterpret_cast<Address>(object)) == Known::object) return refuse(object);
  const bool forwarded = &slow_paths() == &forwarding_slow_paths;
  // Of what is no block there is nothing usable.
  if (forwarded && slow_paths().usable_size(object) != 0)
    fatal("arn_pool_free: the address is no object of this pool");
  slow_paths().free(object, Family::pool);
}

/// Objects as blocks of the slow paths.
class ListedPool {
 public:
  explicit ListedPool(std::size_t object_bytes) : object_bytes_(object_bytes), objects_(kTables) {}
  ~ListedPool() {
    objects_.each([](Address at) {
      // Freed by other means, which was reported, it may be somebody else's by now.
      if (look_up(at) != Known::something_else)
        slow_paths().free(reinterpret_cast<void*>(at), Family::pool);
    });
  }
  ListedPool(const ListedPool&) = delete;
  ListedPool& operator=(const ListedPool&) = delete;

  void* allocate() {
    void* object = slow_paths().allocate(object_bytes_, Family::pool);
    if (object == nullptr) return nullptr;
    if (enlist(object)) return object;
    slow_paths().free(object, Family::pool);
    errno = ENOMEM;
    return nullptr;
  }

  void free(void* object) {
    if (!delist(object)) return give_back_stranger(object);
    slow_paths().free(object, Family::pool);
  }

 private:
  bool enlist(void* object) {
    const LockGuard guard(lists_lock);
    return objects_.add(reinterpret_cast<Address>(object));
  }
  bool delist(void* object) {
    const LockGuard guard(lists_lock);
    return objects_.remove(reinterpret_cast<Address>(object));
  }

  std::size_t object_bytes_;
  AddressSet objects_;
};

}  // namespace
}  // namespace arenite

struct arn_pool {
  enum class Kind : unsigned char { heap, listed };

  arn_pool(arn_heap* heap, std::size_t bytes) : kind(Kind::heap), object_bytes(bytes), own(heap) {}
  explicit arn_pool(std::size_t bytes) : kind(Kind::listed), object_bytes(bytes), listed(bytes) {}
  ~arn_pool() {
    if (kind == Kind::heap) arn_heap_destroy(own);
    if (kind == Kind::listed) std::destroy_at(&listed);
  }

  Kind kind;
  std::size_t object_bytes;
  union {
    arn_heap* own;
    arenite::ListedPool listed;
  };
};

namespace arenite {
namespace {

/// In place; false if memory cannot be had.
bool make_pool(void* at, std::size_t object_bytes) {
  if (slow_paths().diverts) {
    ::new (at) arn_pool(object_bytes);
    return true;
  }
  arn_heap* heap = open_heap();
  if (heap != nullptr) ::new (at) arn_pool(heap, object_bytes);
  return heap != nullptr;
}

}  // namespace
}  // namespace arenite

extern "C" arn_pool* arn_pool_create(size_t object_bytes) {
  void* at = arenite::process_allocate(sizeof(arn_pool));
  if (at == nullptr) return nullptr;
  if (arenite::make_pool(at, object_bytes)) return static_cast<arn_pool*>(at);
  arenite::process_free(at);
  errno = ENOMEM;
  return nullptr;
}

extern "C" void* arn_pool_allocate(arn_pool* pool) {
  return pool->kind == arn_pool::Kind::heap ? arn_heap_malloc(pool->own, pool->object_bytes)
                                            : pool->listed.allocate();
}

extern "C" void arn_pool_free(arn_pool* pool, void* object) {
  if (object == nullptr) return;
  pool->kind == arn_pool::Kind::heap ? arn_heap_free(pool->own, object) : pool->listed.free(object);
}

extern "C" void arn_pool_destroy(arn_pool* pool) {
  if (pool == nullptr) return;
  std::destroy_at(pool);
  arenite::process_free(pool);
}
