// SPDX-License-Identifier: MIT
//
// What a tree that holds all its mutants at once is compiled with (-include):
// ci/mutation/switches.py writes the calls.
//
// A mutant is a place and a number. One at most is chosen, by the file ARENITE_MUTATION names: a
// `Control` that a program, what it loads and what it starts map and share. There they note too
// which mutants they came by. Nothing here allocates, because what is mutated is an allocator; and
// a compiler that runs the code meets no mutant.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <type_traits>

namespace mutant {

inline constexpr unsigned kMost = 1u << 16;

struct Control {
  unsigned chosen;
  unsigned char reached[kMost];  // 1: come by; 2: come by, and no program where it stands, such as
                                 // the sum of two pointers
};

inline Control* shared = nullptr;
inline Control nobodys;

inline const char* control_path() {
  constexpr char kName[] = "ARENITE_MUTATION=";
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    unsigned i = 0;
    while (kName[i] != 0 && (*entry)[i] == kName[i]) ++i;
    if (kName[i] == 0) return *entry + i;
  }
  return nullptr;
}

inline Control& attach() {
  const int saved = errno;
  Control* found = nullptr;
  if (const char* path = control_path()) {
    const int file = open(path, O_RDWR | O_CLOEXEC);
    void* at = file < 0
                   ? MAP_FAILED
                   : mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at != MAP_FAILED) found = static_cast<Control*>(at);
    if (file >= 0) close(file);
  }
  // Before libc has its environment nothing can be told; a program that has no file is asked once.
  if (found == nullptr && environ != nullptr) found = &nobodys;
  if (found != nullptr) __atomic_store_n(&shared, found, __ATOMIC_RELEASE);
  errno = saved;
  return found != nullptr ? *found : nobodys;
}

inline Control& control() {
  Control* const now = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
  return now != nullptr ? *now : attach();
}

inline void note(unsigned number, unsigned char how) {
  unsigned char& place = control().reached[number];
  if (__atomic_load_n(&place, __ATOMIC_RELAXED) != how)
    __atomic_store_n(&place, how, __ATOMIC_RELAXED);
}

/// Whether mutant `number` is the chosen one.
constexpr bool on(unsigned number) {
  if (std::is_constant_evaluated()) return false;
  note(number, 1);
  return control().chosen == number;
}

/// A literal, and mutants `first` (larger) and `first + 1` (smaller).
template <class Number, class Other>
constexpr Number literal(unsigned first, Number value, Other larger) {
  return on(first) ? static_cast<Number>(larger) : value;
}
template <class Number, class Other>
constexpr Number literal(unsigned first, Number value, Other larger, Other smaller) {
  return on(first)       ? static_cast<Number>(larger)
         : on(first + 1) ? static_cast<Number>(smaller)
                         : value;
}

template <class Counter>
constexpr decltype(auto) up(unsigned number, Counter&& counter) {
  return on(number) ? --counter : ++counter;
}
template <class Counter>
constexpr decltype(auto) down(unsigned number, Counter&& counter) {
  return on(number) ? ++counter : --counter;
}
template <class Counter>
constexpr auto up_after(unsigned number, Counter&& counter) {
  return on(number) ? counter-- : counter++;
}
template <class Counter>
constexpr auto down_after(unsigned number, Counter&& counter) {
  return on(number) ? counter++ : counter--;
}

constexpr void impossible(unsigned number) {
  if (!std::is_constant_evaluated()) note(number, 2);
}

// `a < b` is written `a < Less{7} < b`: of the same precedence, whatever a and b are. Mutant 7 is
// the first operator named behind it, 8 the second.
#define MUTANT_OTHER(number, op)                                         \
  if constexpr (requires { static_cast<Result>(half.left op right); }) { \
    if (on(number)) return static_cast<Result>(half.left op right);      \
  } else {                                                               \
    impossible(number);                                                  \
  }

#define MUTANT_OPERATOR(Name, op, ...)                                    \
  struct Name {                                                           \
    unsigned first;                                                       \
  };                                                                      \
  template <class Left>                                                   \
  struct Name##Half {                                                     \
    const Left& left;                                                     \
    unsigned first;                                                       \
  };                                                                      \
  template <class Left>                                                   \
  constexpr Name##Half<Left> operator op(const Left & left, Name n) {     \
    return {left, n.first};                                               \
  }                                                                       \
  template <class Left, class Right>                                      \
  constexpr auto operator op(Name##Half<Left> half, const Right& right) { \
    using Result = decltype(half.left op right);                          \
    __VA_ARGS__                                                           \
    return half.left op right;                                            \
  }

MUTANT_OPERATOR(Less, <, MUTANT_OTHER(half.first, <=) MUTANT_OTHER(half.first + 1, >=))
MUTANT_OPERATOR(AtMost, <=, MUTANT_OTHER(half.first, <))
MUTANT_OPERATOR(More, >, MUTANT_OTHER(half.first, >=) MUTANT_OTHER(half.first + 1, <=))
MUTANT_OPERATOR(AtLeast, >=, MUTANT_OTHER(half.first, >))
MUTANT_OPERATOR(Same, ==, MUTANT_OTHER(half.first, !=))
MUTANT_OPERATOR(Other, !=, MUTANT_OTHER(half.first, ==))
MUTANT_OPERATOR(Plus, +, MUTANT_OTHER(half.first, -))
MUTANT_OPERATOR(Minus, -, MUTANT_OTHER(half.first, +))
MUTANT_OPERATOR(Times, *, MUTANT_OTHER(half.first, +))
MUTANT_OPERATOR(Over, /, MUTANT_OTHER(half.first, *))
MUTANT_OPERATOR(Rest, %, MUTANT_OTHER(half.first, /))
MUTANT_OPERATOR(ShiftUp, <<, MUTANT_OTHER(half.first, >>))
MUTANT_OPERATOR(ShiftDown, >>, MUTANT_OTHER(half.first, <<))
MUTANT_OPERATOR(Either, |, MUTANT_OTHER(half.first, &))
MUTANT_OPERATOR(Both, &, MUTANT_OTHER(half.first, |))

// `a += b` is written `a += Adding{7} += b`, which groups from the right.
#define MUTANT_ASSIGNMENT(Name, op, other)                               \
  struct Name {                                                          \
    unsigned number;                                                     \
  };                                                                     \
  template <class Right>                                                 \
  struct Name##Half {                                                    \
    const Right& right;                                                  \
    unsigned number;                                                     \
  };                                                                     \
  template <class Right>                                                 \
  constexpr Name##Half<Right> operator op(Name n, const Right & right) { \
    return {right, n.number};                                            \
  }                                                                      \
  template <class Left, class Right>                                     \
  constexpr void operator op(Left&& left, Name##Half<Right> half) {      \
    if constexpr (requires { left other half.right; }) {                 \
      if (on(half.number)) {                                             \
        left other half.right;                                           \
        return;                                                          \
      }                                                                  \
    } else {                                                             \
      impossible(half.number);                                           \
    }                                                                    \
    left op half.right;                                                  \
  }

MUTANT_ASSIGNMENT(Adding, +=, -=)
MUTANT_ASSIGNMENT(Taking, -=, +=)
MUTANT_ASSIGNMENT(Setting, |=, &=)
MUTANT_ASSIGNMENT(Masking, &=, |=)

#undef MUTANT_OTHER
#undef MUTANT_OPERATOR
#undef MUTANT_ASSIGNMENT

}  // namespace mutant
