// SPDX-License-Identifier: MIT
// A correct program sees no difference: the wrappers of functions that are given random arguments,
// within blocks, return what the C library's return, leave the same bytes, and find nothing.
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cwchar>
#include <functional>
#include <random>
#include <set>

#include "debug/ranges/fake_blocks.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;

/// Two texts with room for another of the same length behind each, and a number.
template <class Char>
struct Arguments {
  Char* a;
  Char* b;
  Size count;
  Char wanted;
};

template <class Char>
struct Subject {
  const char* name;
  /// Calls the function that is given; a result that is a pointer is told relative to a.
  std::function<std::intptr_t(void* function, const Arguments<Char>&)> call;
};

std::intptr_t plain(auto result, const void* a) {
  if constexpr (std::is_pointer_v<decltype(result)>)
    return result == nullptr
               ? -1
               : reinterpret_cast<std::intptr_t>(result) - reinterpret_cast<std::intptr_t>(a);
  else
    return static_cast<std::intptr_t>(result);
}

std::intptr_t sign(int result) {
  return (result > 0) - (result < 0);
}

template <class Function, class Char>
Subject<Char> two(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return plain(reinterpret_cast<Function*>(function)(at.a, at.b), at.a);
          }};
}

template <class Function, class Char>
Subject<Char> limited(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return plain(reinterpret_cast<Function*>(function)(at.a, at.b, at.count), at.a);
          }};
}

template <class Char>
Subject<Char> compare(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return sign(reinterpret_cast<int (*)(const Char*, const Char*)>(function)(at.a, at.b));
          }};
}

template <class Char>
Subject<Char> compare_limited(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return sign(reinterpret_cast<int (*)(const Char*, const Char*, Size)>(function)(
                at.a, at.b, at.count));
          }};
}

template <class Function, class Char>
Subject<Char> find(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return plain(reinterpret_cast<Function*>(function)(at.a, at.wanted), at.a);
          }};
}

template <class Char>
Subject<Char> length(const char* name) {
  return {name, [](void* function, const Arguments<Char>& at) {
            return plain(reinterpret_cast<Size (*)(const Char*)>(function)(at.a), at.a);
          }};
}

std::vector<Subject<char>> narrow_subjects() {
  using Copy = char*(char*, const char*);
  using Limited = char*(char*, const char*, Size);
  using Bytes = void*(void*, const void*, Size);
  using Span = Size(const char*, const char*);
  using Find = char*(const char*, int);
  using FindText = char*(const char*, const char*);
  return {
      limited<Bytes, char>("memcpy"),
      limited<Bytes, char>("memmove"),
      limited<Bytes, char>("mempcpy"),
      two<Copy, char>("strcpy"),
      two<Copy, char>("stpcpy"),
      two<Copy, char>("strcat"),
      limited<Limited, char>("strncpy"),
      limited<Limited, char>("stpncpy"),
      limited<Limited, char>("strncat"),
      two<FindText, char>("strstr"),
      two<FindText, char>("strcasestr"),
      two<FindText, char>("strpbrk"),
      two<Copy, char>("strtok"),
      two<Span, char>("strspn"),
      two<Span, char>("strcspn"),
      compare<char>("strcmp"),
      compare<char>("strcasecmp"),
      compare<char>("strcoll"),
      compare_limited<char>("strncmp"),
      compare_limited<char>("strncasecmp"),
      find<Find, char>("strchr"),
      find<Find, char>("strrchr"),
      find<Find, char>("strchrnul"),
      length<char>("strlen"),
      {"memchr",
       [](void* function, const Arguments<char>& at) {
         return plain(reinterpret_cast<void* (*)(const void*, int, Size)>(function)(at.a, at.wanted,
                                                                                    at.count),
                      at.a);
       }},
      {"memccpy",
       [](void* function, const Arguments<char>& at) {
         return plain(reinterpret_cast<void* (*)(void*, const void*, int, Size)>(function)(
                          at.a, at.b, at.wanted, at.count),
                      at.a);
       }},
      {"memmem",
       [](void* function, const Arguments<char>& at) {
         return plain(reinterpret_cast<void* (*)(const void*, Size, const void*, Size)>(function)(
                          at.a, at.count, at.b, at.count / 4),
                      at.a);
       }},
      {"snprintf",
       [](void* function, const Arguments<char>& at) {
         return plain(reinterpret_cast<int (*)(char*, Size, const char*, ...)>(function)(
                          at.a, at.count, "%*s%.3s%Lf", 3, at.b, at.b, 1.5L),
                      at.a);
       }},
  };
}

std::vector<Subject<Wide>> wide_subjects() {
  using Copy = Wide*(Wide*, const Wide*);
  using Limited = Wide*(Wide*, const Wide*, Size);
  using Span = Size(const Wide*, const Wide*);
  using Find = Wide*(const Wide*, Wide);
  using FindText = Wide*(const Wide*, const Wide*);
  return {
      limited<Limited, Wide>("wmemcpy"), limited<Limited, Wide>("wmemmove"),
      two<Copy, Wide>("wcscpy"),         two<Copy, Wide>("wcscat"),
      limited<Limited, Wide>("wcsncpy"), limited<Limited, Wide>("wcsncat"),
      two<FindText, Wide>("wcsstr"),     two<FindText, Wide>("wcspbrk"),
      two<Span, Wide>("wcsspn"),         two<Span, Wide>("wcscspn"),
      compare<Wide>("wcscmp"),           compare<Wide>("wcscasecmp"),
      compare_limited<Wide>("wcsncmp"),  find<Find, Wide>("wcschr"),
      find<Find, Wide>("wcsrchr"),       length<Wide>("wcslen"),
  };
}

class SameResults : public FakeBlocks {
 protected:
  static constexpr Size kMost = 40;

  template <class Char>
  Arguments<Char> lay_out(std::uint32_t seed) {
    forget_blocks();
    std::mt19937 random(seed);
    Arguments<Char> made;
    const Size length_a = random() % kMost, length_b = random() % kMost;
    // Each has exactly the room that the greediest function needs.
    const Size room = length_a + length_b + 1;
    made.count = random() % (std::min(length_a, length_b) + 1);
    made.a = reinterpret_cast<Char*>(allocate(std::max<Size>(room, 16) * sizeof(Char)));
    made.b = reinterpret_cast<Char*>(allocate((length_b + 1) * sizeof(Char)));
    for (Size i = 0; i < length_a; ++i) made.a[i] = static_cast<Char>("abAB"[random() % 4]);
    for (Size i = 0; i < length_b; ++i) made.b[i] = static_cast<Char>("abAB"[random() % 4]);
    if (random() % 2 == 0) std::copy_n(made.a, std::min(length_a, length_b), made.b);
    made.wanted = static_cast<Char>("abAB"[random() % 4]);
    return made;
  }

  template <class Char>
  void compare_with_library(const Subject<Char>& subject) {
    void* const real = ::dlsym(RTLD_DEFAULT, subject.name);
    ASSERT_NE(real, nullptr) << subject.name;
    void* const wrapped = reinterpret_cast<void*>(wrapper<void()>(subject.name));
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
      const auto expected = subject.call(real, lay_out<Char>(seed));
      const auto bytes = contents();
      EXPECT_EQ(subject.call(wrapped, lay_out<Char>(seed)), expected) << subject.name << seed;
      EXPECT_TRUE(contents() == bytes) << subject.name << seed;
      expect_silence(subject.name);
    }
  }
};

TEST_F(SameResults, of_functions_on_bytes_and_text) {
  for (const auto& subject : narrow_subjects()) compare_with_library(subject);
}

TEST_F(SameResults, of_functions_on_wide_text) {
  for (const auto& subject : wide_subjects()) compare_with_library(subject);
}

TEST_F(SameResults, every_name_is_one_of_the_library) {
  // Newer than the C library of Debian 12.
  const std::set<std::string_view> newer = {"strlcpy", "__strlcpy_chk", "strlcat", "wcslcpy"};
  for (const Redirector::Entry& entry : all_wrappers().entries()) {
    const std::string_view name = entry.name;
    if (newer.contains(name) || name.starts_with("__isoc23_")) continue;
    EXPECT_NE(entry.real, nullptr) << name;
  }
  EXPECT_GT(all_wrappers().entries().size(), 200u);
}

}  // namespace
}  // namespace arenite
