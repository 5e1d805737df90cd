// SPDX-License-Identifier: MIT
// Every replaceable operator new and delete, as the C++ standard has them.
#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <arenite/arenite.h>

namespace {

using Sizes = std::initializer_list<std::size_t>;

constexpr std::align_val_t kAlign{256};

template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

const std::size_t kTooMuch = opaque(SIZE_MAX / 2);

struct New {
  const char* name;
  void* (*allocate)(std::size_t size);
  bool throws;
  std::size_t alignment;
};

const New kNews[] = {
    {"plain", [](std::size_t size) { return ::operator new(size); }, true, 16},
    {"array", [](std::size_t size) { return ::operator new[](size); }, true, 16},
    {"nothrow", [](std::size_t size) { return ::operator new(size, std::nothrow); }, false, 16},
    {"nothrow_array", [](std::size_t size) { return ::operator new[](size, std::nothrow); }, false,
     16},
    {"aligned", [](std::size_t size) { return ::operator new(size, kAlign); }, true, 256},
    {"aligned_array", [](std::size_t size) { return ::operator new[](size, kAlign); }, true, 256},
    {"aligned_nothrow", [](std::size_t size) { return ::operator new(size, kAlign, std::nothrow); },
     false, 256},
    {"aligned_nothrow_array",
     [](std::size_t size) { return ::operator new[](size, kAlign, std::nothrow); }, false, 256},
};

struct Delete {
  const char* name;
  void (*release)(void* block, std::size_t size);
};

const Delete kDeletes[] = {
    {"plain", [](void* block, std::size_t) { ::operator delete(block); }},
    {"array", [](void* block, std::size_t) { ::operator delete[](block); }},
    {"sized", [](void* block, std::size_t size) { ::operator delete(block, size); }},
    {"sized_array", [](void* block, std::size_t size) { ::operator delete[](block, size); }},
    {"nothrow", [](void* block, std::size_t) { ::operator delete(block, std::nothrow); }},
    {"nothrow_array", [](void* block, std::size_t) { ::operator delete[](block, std::nothrow); }},
    {"aligned", [](void* block, std::size_t) { ::operator delete(block, kAlign); }},
    {"aligned_array", [](void* block, std::size_t) { ::operator delete[](block, kAlign); }},
    {"sized_aligned",
     [](void* block, std::size_t size) { ::operator delete(block, size, kAlign); }},
    {"sized_aligned_array",
     [](void* block, std::size_t size) { ::operator delete[](block, size, kAlign); }},
    {"aligned_nothrow",
     [](void* block, std::size_t) { ::operator delete(block, kAlign, std::nothrow); }},
    {"aligned_nothrow_array",
     [](void* block, std::size_t) { ::operator delete[](block, kAlign, std::nothrow); }},
};

int handler_calls = 0;

/// Restores the new-handler.
class NewTest : public testing::TestWithParam<New> {
 protected:
  NewTest() { handler_calls = 0; }
  ~NewTest() override { std::set_new_handler(nullptr); }

  /// What the operator answers, the exception as null.
  static void* answer(std::size_t size) {
    try {
      void* block = GetParam().allocate(size);
      EXPECT_TRUE(block != nullptr || !GetParam().throws);
      return block;
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(GetParam().throws);
      return nullptr;
    }
  }
};

TEST_P(NewTest, BlocksAreOursAndAligned) {
  for (std::size_t size = 0; size < 2'000'000; size += 1 + size / 2) {
    void* block = GetParam().allocate(size);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(arn_owns(block));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % GetParam().alignment, 0u);
    EXPECT_GE(arn_usable_size(block), size);
    std::memset(block, 1, size);
    arn_free(block);
  }
}

std::size_t live_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_P(NewTest, EveryDeleteTakesItsBlocks) {
  for (const Delete& form : kDeletes)
    for (std::size_t size : Sizes{0, 1, 100, 5000, 100'000}) {
      const std::size_t before = live_bytes();
      void* block = GetParam().allocate(size);
      EXPECT_GT(live_bytes(), before);
      form.release(block, size);
      form.release(nullptr, size);
      EXPECT_EQ(live_bytes(), before) << form.name << " of " << size;
    }
}

TEST_P(NewTest, NothingAskedForIsABlockOfItsOwn) {
  void *one = GetParam().allocate(0), *two = GetParam().allocate(0);
  EXPECT_NE(one, nullptr);
  EXPECT_NE(two, nullptr);
  EXPECT_NE(one, two);
  arn_free(one);
  arn_free(two);
}

TEST_P(NewTest, WithoutHandlerFailsAtOnce) {
  for (std::size_t size : Sizes{kTooMuch, kTooMuch + 1, opaque(SIZE_MAX), opaque(SIZE_MAX - 4096)})
    EXPECT_EQ(answer(size), nullptr) << size;
}

TEST_P(NewTest, HandlerIsCalledUntilThereIsNone) {
  std::set_new_handler([] {
    if (++handler_calls == 5) std::set_new_handler(nullptr);
  });
  EXPECT_EQ(answer(kTooMuch), nullptr);
  EXPECT_EQ(handler_calls, 5);
}

TEST_P(NewTest, HandlerThatThrowsBadAllocEndsTheLoop) {
  std::set_new_handler([] {
    if (++handler_calls == 3) throw std::bad_alloc();
  });
  EXPECT_EQ(answer(kTooMuch), nullptr);
  EXPECT_EQ(handler_calls, 3);
}

TEST_P(NewTest, HandlerIsNotCalledWhenThereIsMemory) {
  std::set_new_handler([] { ++handler_calls; });
  void* block = GetParam().allocate(100);
  EXPECT_EQ(handler_calls, 0);
  arn_free(block);
}

INSTANTIATE_TEST_SUITE_P(Operators, NewTest, testing::ValuesIn(kNews),
                         [](const auto& tested) { return tested.param.name; });

TEST(OperatorsTest, HandlersOwnExceptionGetsThrough) {
  struct Own {};
  std::set_new_handler([] { throw Own(); });
  EXPECT_THROW(static_cast<void>(::operator new(kTooMuch)), Own);
  EXPECT_THROW(static_cast<void>(::operator new(kTooMuch, kAlign)), Own);
  std::set_new_handler(nullptr);
}

TEST(OperatorsTest, AlignmentThatIsNoPowerOfTwoFails) {
  for (std::size_t alignment : Sizes{std::size_t{0}, std::size_t{24}, SIZE_MAX}) {
    const auto wrong = static_cast<std::align_val_t>(opaque(alignment));
    EXPECT_THROW(static_cast<void>(::operator new(100, wrong)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(::operator new[](100, wrong)), std::bad_alloc);
    EXPECT_EQ(::operator new(100, wrong, std::nothrow), nullptr);
    EXPECT_EQ(::operator new[](100, wrong, std::nothrow), nullptr);
  }
}

TEST(OperatorsTest, ExpressionsAndTheLibraryUseThem) {
  struct alignas(512) Aligned {
    char bytes[512];
  };
  const auto one = std::make_unique<int>(1);
  const auto many = std::make_unique<std::string[]>(100);
  const auto strict = std::make_unique<Aligned>();
  const auto strict_many = std::make_unique<Aligned[]>(10);
  const auto shared = std::make_shared<Aligned>();
  EXPECT_TRUE(arn_owns(one.get()) && arn_owns(many.get()) && arn_owns(strict.get()) &&
              arn_owns(strict_many.get()) && arn_owns(shared.get()));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(strict.get()) % 512, 0u);
  const std::string text(1000, 'x');
  EXPECT_TRUE(arn_owns(text.data()));
  EXPECT_THROW(std::vector<char>(opaque(std::size_t{PTRDIFF_MAX})), std::bad_alloc);
}

}  // namespace
