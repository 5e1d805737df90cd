// SPDX-License-Identifier: MIT
// Each function that is told how much to read or write: silent where that fits its block, and the
// right fault one byte too far, before the block, and after it was freed.
#include <cwchar>
#include <functional>

#include "debug/ranges/fake_blocks.hpp"

namespace arenite {
namespace {

using Size = std::size_t;

char outside[4096];

struct RangeCase {
  std::string function;
  Access access;
  Size element_bytes;
  /// Has the function touch `count` elements from `at` on.
  std::function<void(char* at, Size count)> touch;
  const char* symbol = nullptr;  ///< where it is another than the function's name
};

template <class Function>
Function* named(const char* name) {
  return wrapper<Function>(name);
}

using Copy = void*(void*, const void*, Size);
using CopyChecked = void*(void*, const void*, Size, Size);
using Compare = int(const void*, const void*, Size);
using Wide = wchar_t;
using WideCopy = Wide*(Wide*, const Wide*, Size);
using WideCopyChecked = Wide*(Wide*, const Wide*, Size, Size);
using Order = int (*)(const void*, const void*);

int order(const void* a, const void* b) {
  return *static_cast<const char*>(a) - *static_cast<const char*>(b);
}

Wide* wide(char* at) {
  return reinterpret_cast<Wide*>(at);
}
Wide* const kOutsideWide = reinterpret_cast<Wide*>(outside);

std::string plain(std::string name) {
  if (name.starts_with("__")) name.erase(0, 2);
  if (name.ends_with("_chk")) name.erase(name.size() - 4);
  return name;
}

std::vector<RangeCase> copies() {
  std::vector<RangeCase> cases;
  for (const char* name : {"memcpy", "memmove", "mempcpy", "__mempcpy"}) {
    cases.push_back({plain(name), Access::write, 1,
                     [=](char* at, Size n) { named<Copy>(name)(at, outside, n); }, name});
    cases.push_back({plain(name), Access::read, 1,
                     [=](char* at, Size n) { named<Copy>(name)(outside, at, n); }, name});
  }
  for (const char* name : {"__memcpy_chk", "__memmove_chk", "__mempcpy_chk"}) {
    cases.push_back(
        {plain(name), Access::write, 1,
         [=](char* at, Size n) { named<CopyChecked>(name)(at, outside, n, kUnbounded); }, name});
    cases.push_back(
        {plain(name), Access::read, 1,
         [=](char* at, Size n) { named<CopyChecked>(name)(outside, at, n, kUnbounded); }, name});
  }
  for (const char* name : {"wmemcpy", "wmemmove", "wmempcpy"}) {
    cases.push_back({name, Access::write, 4,
                     [=](char* at, Size n) { named<WideCopy>(name)(wide(at), kOutsideWide, n); }});
    cases.push_back({name, Access::read, 4,
                     [=](char* at, Size n) { named<WideCopy>(name)(kOutsideWide, wide(at), n); }});
  }
  for (const char* name : {"__wmemcpy_chk", "__wmemmove_chk", "__wmempcpy_chk"})
    cases.push_back({plain(name), Access::write, 4, [=](char* at, Size n) {
                       named<WideCopyChecked>(name)(wide(at), kOutsideWide, n, kUnbounded);
                     }});
  for (const char* name : {"strncpy", "stpncpy", "__stpncpy"})
    cases.push_back({plain(name), Access::write, 1, [=](char* at, Size n) {
                       named<char*(char*, const char*, Size)>(name)(at, "text", n);
                     }});
  for (const char* name : {"__strncpy_chk", "__stpncpy_chk"})
    cases.push_back({plain(name), Access::write, 1, [=](char* at, Size n) {
                       named<char*(char*, const char*, Size, Size)>(name)(at, "text", n, n);
                     }});
  for (const char* name : {"wcsncpy", "wcpncpy"})
    cases.push_back({name, Access::write, 4,
                     [=](char* at, Size n) { named<WideCopy>(name)(wide(at), L"text", n); }});
  for (const char* name : {"__wcsncpy_chk", "__wcpncpy_chk"})
    cases.push_back({plain(name), Access::write, 4, [=](char* at, Size n) {
                       named<WideCopyChecked>(name)(wide(at), L"text", n, n);
                     }});
  return cases;
}

std::vector<RangeCase> others() {
  std::vector<RangeCase> cases = {
      {"bcopy", Access::read, 1,
       [](char* at, Size n) { named<void(const void*, void*, Size)>("bcopy")(at, outside, n); }},
      {"bcopy", Access::write, 1,
       [](char* at, Size n) { named<void(const void*, void*, Size)>("bcopy")(outside, at, n); }},
      {"memset", Access::write, 1,
       [](char* at, Size n) { named<void*(void*, int, Size)>("memset")(at, 1, n); }},
      {"memset", Access::write, 1,
       [](char* at, Size n) { named<void*(void*, int, Size, Size)>("__memset_chk")(at, 1, n, n); }},
      {"explicit_bzero", Access::write, 1,
       [](char* at, Size n) { named<void(void*, Size, Size)>("__explicit_bzero_chk")(at, n, n); }},
      {"wmemset", Access::write, 4,
       [](char* at, Size n) { named<Wide*(Wide*, Wide, Size)>("wmemset")(wide(at), L'x', n); }},
      {"wmemset", Access::write, 4,
       [](char* at, Size n) {
         named<Wide*(Wide*, Wide, Size, Size)>("__wmemset_chk")(wide(at), L'x', n, n);
       }},
      {"wmemcmp", Access::read, 4,
       [](char* at, Size n) {
         named<int(const Wide*, const Wide*, Size)>("wmemcmp")(wide(at), kOutsideWide, n);
       }},
      {"memrchr", Access::read, 1,
       [](char* at, Size n) { named<void*(const void*, int, Size)>("memrchr")(at, 'x', n); }},
      {"memchr", Access::read, 1,
       [](char* at, Size n) { named<void*(const void*, int, Size)>("memchr")(at, 'x', n); }},
      {"memccpy", Access::write, 1,
       [](char* at, Size n) {
         named<void*(void*, const void*, int, Size)>("memccpy")(at, outside, 'x', n);
       }},
      {"memccpy", Access::read, 1,
       [](char* at, Size n) {
         named<void*(void*, const void*, int, Size)>("memccpy")(outside, at, 'x', n);
       }},
      {"memfrob", Access::write, 1,
       [](char* at, Size n) { named<void*(void*, Size)>("memfrob")(at, n); }},
      {"qsort", Access::write, 2,
       [](char* at, Size n) { named<void(void*, Size, Size, Order)>("qsort")(at, n, 2, order); }},
      {"qsort_r", Access::write, 2,
       [](char* at, Size n) {
         named<void(void*, Size, Size, int (*)(const void*, const void*, void*), void*)>("qsort_r")(
             at, n, 2, [](const void* a, const void* b, void*) { return order(a, b); }, nullptr);
       }},
      {"bsearch", Access::read, 2,
       [](char* at, Size n) {
         named<void*(const void*, const void*, Size, Size, Order)>("bsearch")("x", at, n, 2, order);
       }},
      {"memmem", Access::read, 1,
       [](char* at, Size n) {
         named<void*(const void*, Size, const void*, Size)>("memmem")(at, n, "x", 1);
       }},
      {"memmem", Access::read, 1,
       [](char* at, Size n) {
         named<void*(const void*, Size, const void*, Size)>("memmem")(outside, 4096, at, n);
       }},
  };
  for (const char* name : {"bzero", "__bzero", "explicit_bzero"})
    cases.push_back({plain(name), Access::write, 1,
                     [=](char* at, Size n) { named<void(void*, Size)>(name)(at, n); }});
  for (const char* name : {"memcmp", "bcmp", "__memcmpeq"}) {
    cases.push_back({plain(name), Access::read, 1,
                     [=](char* at, Size n) { named<Compare>(name)(at, outside, n); }});
    cases.push_back({plain(name), Access::read, 1,
                     [=](char* at, Size n) { named<Compare>(name)(outside, at, n); }});
  }
  return cases;
}

class Ranges : public FakeBlocks {
 protected:
  void run(const RangeCase& item) {
    forget_blocks();
    std::memset(outside, 0, sizeof outside);
    constexpr Size kCount = 5;
    const Size bytes = kCount * item.element_bytes;
    char* const block = allocate(bytes);
    const auto touch = [&](char* at, Size count) {
      errno = 42;
      item.touch(at, count);
      EXPECT_EQ(errno, 42) << item.function;
    };
    touch(block, kCount);
    touch(block + bytes, 0);
    touch(block - item.element_bytes, 0);
    touch(block + item.element_bytes, kCount - 1);
    touch(outside, 100);
    expect_silence(item.function);
    touch(block, kCount + 1);
    expect_fault(item.function, Fault::heap_buffer_overflow, item.access, block, block + bytes,
                 bytes + item.element_bytes);
    touch(block + bytes, 1);
    expect_fault(item.function, Fault::heap_buffer_overflow, item.access, block + bytes,
                 block + bytes, item.element_bytes);
    touch(block + bytes + 4, 1);
    expect_fault(item.function, Fault::heap_buffer_overflow, item.access, block + bytes + 4,
                 block + bytes + 4);
    touch(block - item.element_bytes, 2);
    expect_fault(item.function, Fault::heap_buffer_underflow, item.access,
                 block - item.element_bytes, block - item.element_bytes);
    release(block);
    touch(block + item.element_bytes, 1);
    expect_fault(item.function, Fault::heap_use_after_free, item.access, block + item.element_bytes,
                 block + item.element_bytes);
  }
};

TEST_F(Ranges, of_functions_that_copy) {
  for (const RangeCase& item : copies()) run(item);
}

TEST_F(Ranges, of_other_functions_that_say_how_much) {
  for (const RangeCase& item : others()) run(item);
}

TEST_F(Ranges, a_product_that_overflows_is_too_much) {
  char* const block = allocate(8);
  // bsearch on an element that is found at once never gets to the rest.
  const auto find = named<void*(const void*, const void*, Size, Size, Order)>("bsearch");
  find("x", block, ~Size{0} / 2, 4, [](const void*, const void*) { return 0; });
  expect_fault("bsearch", Fault::heap_buffer_overflow, Access::read, block, block + 8, kUnbounded);
}

TEST_F(Ranges, without_heaps_nothing_is_found) {
  char* const block = allocate(8);
  set_range_check({});
  named<void*(void*, int, Size)>("memset")(block, 1, 9);
  expect_silence("memset");
}

TEST_F(Ranges, memchr_may_stop_before_the_end_of_what_it_is_told) {
  char* const block = unterminated("abc");
  const auto find = named<void*(const void*, int, Size)>("memchr");
  EXPECT_EQ(find(block, 'c', 1000), block + 2);
  EXPECT_EQ(named<void*(const void*, int)>("rawmemchr")(block, 'c'), block + 2);
  wchar_t* const text = unterminated(std::wstring(L"abc"));
  EXPECT_EQ(named<Wide*(const Wide*, Wide, Size)>("wmemchr")(text, L'c', 1000), text + 2);
  expect_silence("memchr");
  find(block, 'd', 4);
  expect_fault("memchr", Fault::heap_buffer_overflow, Access::read, block, block + 3, 4);
  block[3] = 'd';
  named<void*(const void*, int)>("__rawmemchr")(block, 'd');
  expect_fault("rawmemchr", Fault::heap_buffer_overflow, Access::read, block, block + 3, 4);
  named<Wide*(const Wide*, Wide, Size)>("wmemchr")(text, L'd', 4);
  expect_fault("wmemchr", Fault::heap_buffer_overflow, Access::read, text, text + 3, 16);
}

TEST_F(Ranges, memccpy_ends_at_the_byte_that_is_wanted) {
  char* const from = unterminated("abc");
  char* const to = allocate(2);
  const auto copy = named<void*(void*, const void*, int, Size)>("memccpy");
  EXPECT_EQ(copy(outside, from, 'c', 1000), outside + 3);
  EXPECT_EQ(copy(to, from, 'b', 1000), to + 2);
  expect_silence("memccpy");
  copy(to, from, 'c', 1000);
  expect_fault("memccpy", Fault::heap_buffer_overflow, Access::write, to, to + 2, 3);
}

}  // namespace
}  // namespace arenite
