// SPDX-License-Identifier: MIT
// ARENITE_SHAPES is the name of the namespace, given by CMakeLists.txt.
#include "debug/stacks/shapes.hpp"

#include <alloca.h>
#include <pthread.h>

#include <cstdlib>

namespace arenite::ARENITE_SHAPES {
namespace {

/// Keeps what is before from being forgotten, and calls from becoming jumps.
void keep(const volatile void* at) {
  asm volatile("" : : "r"(at) : "memory");
}

[[gnu::noinline]] void plain(Callback callback, void* context) {
  volatile int local = 1;
  callback(context);
  keep(&local);
}

[[gnu::noinline]] void recursive_by(unsigned depth, Callback callback, void* context) {
  volatile unsigned long locals[5] = {depth};
  if (depth == 0)
    callback(context);
  else
    recursive_by(depth - 1, callback, context);
  keep(locals);
}

void recursive(Callback callback, void* context) {
  recursive_by(12, callback, context);
}

[[gnu::noinline]] void variable_size(Callback callback, void* context) {
  static volatile unsigned size = 1000;
  auto* bytes = static_cast<char*>(alloca(size));
  bytes[0] = 1;
  keep(bytes);
  callback(context);
  keep(bytes);
}

[[gnu::noinline]] void big(Callback callback, void* context) {
  volatile char bytes[300000];
  bytes[0] = 1;
  bytes[sizeof bytes - 1] = 1;
  callback(context);
  keep(bytes);
}

/// The stack pointer is rounded down, and how far depends on the caller.
[[gnu::noinline]] void aligned(Callback callback, void* context) {
  alignas(128) volatile char bytes[128];
  static volatile unsigned size = 100;
  auto* more = static_cast<char*>(alloca(size));
  keep(more);
  keep(bytes);
  callback(context);
  keep(bytes);
}

/// Uses up the registers, so that all are saved; then leaves in the middle.
[[gnu::noinline]] long many_registers(Callback callback, void* context) {
  static volatile long source = 3;
  const long a = source, b = source, c = source, d = source, e = source, f = source, g = source;
  if (a == 4) return b;
  callback(context);
  if (a == 5) return c;
  callback(context);
  return a + b * c - d * e + f * g;
}

void with_many_registers(Callback callback, void* context) {
  keep(reinterpret_cast<const void*>(many_registers(callback, context)));
}

struct Called {
  Callback callback;
  void* context;
};
Called called;

void sorted(Callback callback, void* context) {
  called = {callback, context};
  long numbers[] = {3, 2, 1, 4};
  std::qsort(numbers, 4, sizeof *numbers, [](const void* one, const void* other) {
    called.callback(called.context);
    keep(one);
    const long left = *static_cast<const long*>(one), right = *static_cast<const long*>(other);
    return left < right ? -1 : 1;
  });
}

void once(Callback callback, void* context) {
  called = {callback, context};
  pthread_once_t control = PTHREAD_ONCE_INIT;
  ::pthread_once(&control, [] {
    called.callback(called.context);
    keep(&called);
  });
}

}  // namespace

const Shape shapes[kShapes] = {
    {"plain", plain},   {"recursive", recursive}, {"variable_size", variable_size},
    {"big", big},       {"aligned", aligned},     {"many_registers", with_many_registers},
    {"sorted", sorted}, {"once", once},
};

}  // namespace arenite::ARENITE_SHAPES
