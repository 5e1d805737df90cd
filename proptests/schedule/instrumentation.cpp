// SPDX-License-Identifier: MIT
// What the compilers' -fsanitize=thread makes code call for each access to memory; here instead of
// ThreadSanitizer's own library, which must not be linked. In a thread of a protocol the calls go
// to its run, everywhere else they do what the access says, nothing more.
//
// $ARENITE_WEAKEN, "FROM:TO@PC,PC,...": operations called from these places, counted from the
// beginning of the program, have order TO where they say FROM. $ARENITE_SITES names a file that
// gets, at exit, the places and orders of all operations that runs came by (ci/orders).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "proptests/schedule/run.hpp"

extern "C" const char __executable_start;

namespace arenite::schedule {
namespace {

std::uintptr_t place_of(const void* caller) {
  return reinterpret_cast<std::uintptr_t>(caller) -
         reinterpret_cast<std::uintptr_t>(&__executable_start);
}

/// Which operations pretend to be weaker, and what is known of places.
class Sites {
 public:
  Sites() {
    if (const char* file = std::getenv("ARENITE_SITES")) file_ = file;
    if (const char* weaken = std::getenv("ARENITE_WEAKEN")) read(weaken);
  }
  ~Sites() {
    if (file_.empty()) return;
    std::FILE* out = std::fopen(file_.c_str(), "w");
    if (out == nullptr) return;
    for (const auto& [place, order] : seen_) std::fprintf(out, "%zx %d\n", place, order);
    std::fclose(out);
  }
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  Order order(std::uintptr_t place, int said) {
    if (!file_.empty()) seen_.emplace(place, said);
    if (said == from_ && places_.contains(place)) return to_;
    return static_cast<Order>(said);
  }

 private:
  void read(const char* text) {
    char* at = nullptr;
    from_ = static_cast<int>(std::strtol(text, &at, 10));
    if (*at == ':') to_ = static_cast<Order>(std::strtol(at + 1, &at, 10));
    while (*at == '@' || *at == ',') places_.insert(std::strtoul(at + 1, &at, 16));
  }

  std::string file_;
  std::set<std::pair<std::uintptr_t, int>> seen_;
  std::set<std::uintptr_t> places_;
  int from_ = -1;
  Order to_ = Order::relaxed;
};

Order order_at(std::uintptr_t place, int said) {
  static Sites sites;
  // What the compiler knows of hardware lock elision stands above.
  return sites.order(place, said & 0xff);
}

void access(const volatile void* at, std::size_t bytes, Access kind, const void* caller) {
  if (Run* run = Run::current())
    run->plain(reinterpret_cast<std::uintptr_t>(at), bytes, kind, place_of(caller));
}

template <class T>
T load(const volatile T* at, int order, const void* caller) {
  Run* run = Run::current();
  if (run == nullptr) return __atomic_load_n(at, __ATOMIC_SEQ_CST);
  const std::uintptr_t place = place_of(caller);
  return static_cast<T>(
      run->load(reinterpret_cast<std::uintptr_t>(at), sizeof(T), order_at(place, order), place));
}

template <class T>
void store(volatile T* at, T value, int order, const void* caller) {
  Run* run = Run::current();
  if (run == nullptr) return __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
  const std::uintptr_t place = place_of(caller);
  run->store(reinterpret_cast<std::uintptr_t>(at), sizeof(T), order_at(place, order), value, place);
}

/// In a run one thread goes on at a time; outside of it, too, but for what a test starts itself.
template <class T, class Change>
T update(volatile T* at, int order, const void* caller, Change change) {
  Run* run = Run::current();
  if (run == nullptr) {
    T before = __atomic_load_n(at, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n(at, &before, change(before), false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
    }
    return before;
  }
  const std::uintptr_t place = place_of(caller);
  return static_cast<T>(run->update(reinterpret_cast<std::uintptr_t>(at), sizeof(T),
                                    order_at(place, order), place, [&change](std::uint64_t before) {
                                      return static_cast<std::uint64_t>(
                                          change(static_cast<T>(before)));
                                    }));
}

template <class T>
bool compare_exchange(volatile T* at, T* expected, T value, int success, int failure,
                      const void* caller) {
  Run* run = Run::current();
  if (run == nullptr)
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  const std::uintptr_t place = place_of(caller);
  std::uint64_t seen = *expected;
  const bool done =
      run->compare_exchange(reinterpret_cast<std::uintptr_t>(at), sizeof(T), seen, value,
                            order_at(place, success), order_at(place, failure), place);
  *expected = static_cast<T>(seen);
  return done;
}

void fence(int order, const void* caller) {
  if (Run* run = Run::current()) {
    const std::uintptr_t place = place_of(caller);
    run->fence(order_at(place, order), place);
  } else {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  }
}

}  // namespace
}  // namespace arenite::schedule

namespace schedule = arenite::schedule;
using schedule::Access;

// The names are the compilers'.
// NOLINTBEGIN(readability-identifier-naming)
#define ARENITE_CALLER __builtin_return_address(0)

#define ARENITE_PLAIN(bytes)                                    \
  extern "C" void __tsan_read##bytes(void* at) {                \
    schedule::access(at, bytes, Access::read, ARENITE_CALLER);  \
  }                                                             \
  extern "C" void __tsan_write##bytes(void* at) {               \
    schedule::access(at, bytes, Access::write, ARENITE_CALLER); \
  }                                                             \
  extern "C" void __tsan_volatile_read##bytes(void* at) {       \
    schedule::access(at, bytes, Access::read, ARENITE_CALLER);  \
  }                                                             \
  extern "C" void __tsan_volatile_write##bytes(void* at) {      \
    schedule::access(at, bytes, Access::write, ARENITE_CALLER); \
  }
ARENITE_PLAIN(1)
ARENITE_PLAIN(2)
ARENITE_PLAIN(4)
ARENITE_PLAIN(8)
ARENITE_PLAIN(16)

#define ARENITE_UNALIGNED(bytes)                                \
  extern "C" void __tsan_unaligned_read##bytes(void* at) {      \
    schedule::access(at, bytes, Access::read, ARENITE_CALLER);  \
  }                                                             \
  extern "C" void __tsan_unaligned_write##bytes(void* at) {     \
    schedule::access(at, bytes, Access::write, ARENITE_CALLER); \
  }
ARENITE_UNALIGNED(2)
ARENITE_UNALIGNED(4)
ARENITE_UNALIGNED(8)
ARENITE_UNALIGNED(16)

#define ARENITE_ATOMIC(bits, T)                                                                    \
  extern "C" T __tsan_atomic##bits##_load(const volatile T* at, int order) {                       \
    return schedule::load<T>(at, order, ARENITE_CALLER);                                           \
  }                                                                                                \
  extern "C" void __tsan_atomic##bits##_store(volatile T* at, T value, int order) {                \
    schedule::store<T>(at, value, order, ARENITE_CALLER);                                          \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_exchange(volatile T* at, T value, int order) {                \
    return schedule::update<T>(at, order, ARENITE_CALLER, [value](T) { return value; });           \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_fetch_add(volatile T* at, T value, int order) {               \
    return schedule::update<T>(at, order, ARENITE_CALLER,                                          \
                               [value](T now) { return static_cast<T>(now + value); });            \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_fetch_sub(volatile T* at, T value, int order) {               \
    return schedule::update<T>(at, order, ARENITE_CALLER,                                          \
                               [value](T now) { return static_cast<T>(now - value); });            \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_fetch_and(volatile T* at, T value, int order) {               \
    return schedule::update<T>(at, order, ARENITE_CALLER,                                          \
                               [value](T now) { return static_cast<T>(now & value); });            \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_fetch_or(volatile T* at, T value, int order) {                \
    return schedule::update<T>(at, order, ARENITE_CALLER,                                          \
                               [value](T now) { return static_cast<T>(now | value); });            \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_fetch_xor(volatile T* at, T value, int order) {               \
    return schedule::update<T>(at, order, ARENITE_CALLER,                                          \
                               [value](T now) { return static_cast<T>(now ^ value); });            \
  }                                                                                                \
  extern "C" int __tsan_atomic##bits##_compare_exchange_strong(                                    \
      volatile T* at, T* expected, T value, int success, int failure) {                            \
    return schedule::compare_exchange<T>(at, expected, value, success, failure, ARENITE_CALLER);   \
  }                                                                                                \
  extern "C" int __tsan_atomic##bits##_compare_exchange_weak(volatile T* at, T* expected, T value, \
                                                             int success, int failure) {           \
    return schedule::compare_exchange<T>(at, expected, value, success, failure, ARENITE_CALLER);   \
  }                                                                                                \
  extern "C" T __tsan_atomic##bits##_compare_exchange_val(volatile T* at, T expected, T value,     \
                                                          int success, int failure) {              \
    schedule::compare_exchange<T>(at, &expected, value, success, failure, ARENITE_CALLER);         \
    return expected;                                                                               \
  }
ARENITE_ATOMIC(8, std::uint8_t)
ARENITE_ATOMIC(16, std::uint16_t)
ARENITE_ATOMIC(32, std::uint32_t)
ARENITE_ATOMIC(64, std::uint64_t)

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_read_range(void* at, std::size_t bytes) {
  schedule::access(at, bytes, Access::read, ARENITE_CALLER);
}
void __tsan_write_range(void* at, std::size_t bytes) {
  schedule::access(at, bytes, Access::write, ARENITE_CALLER);
}
void __tsan_vptr_read(void** at) {
  schedule::access(at, sizeof *at, Access::read, ARENITE_CALLER);
}
void __tsan_vptr_update(void** at, void* value) {
  if (*at != value) schedule::access(at, sizeof *at, Access::write, ARENITE_CALLER);
}
void* __tsan_memcpy(void* to, const void* from, std::size_t bytes) {
  schedule::access(from, bytes, Access::read, ARENITE_CALLER);
  schedule::access(to, bytes, Access::write, ARENITE_CALLER);
  return std::memcpy(to, from, bytes);
}
void* __tsan_memmove(void* to, const void* from, std::size_t bytes) {
  schedule::access(from, bytes, Access::read, ARENITE_CALLER);
  schedule::access(to, bytes, Access::write, ARENITE_CALLER);
  return std::memmove(to, from, bytes);
}
void* __tsan_memset(void* to, int value, std::size_t bytes) {
  schedule::access(to, bytes, Access::write, ARENITE_CALLER);
  return std::memset(to, value, bytes);
}
void __tsan_atomic_thread_fence(int order) {
  schedule::fence(order, ARENITE_CALLER);
}
void __tsan_atomic_signal_fence(int) {}
}
// NOLINTEND(readability-identifier-naming)
