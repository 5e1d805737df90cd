// SPDX-License-Identifier: MIT
// Every symbol of the malloc family, called as a program calls it that was linked to the library.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <arenite/arenite.h>

// No header declares these any more, or yet; they are glibc's own, and C23's.
extern "C" {
void cfree(void*);
void free_sized(void*, size_t);
void free_aligned_sized(void*, size_t, size_t);
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_reallocarray(void*, size_t, size_t);
void* __libc_memalign(size_t, size_t);
void* __libc_valloc(size_t);
void* __libc_pvalloc(size_t);
int __posix_memalign(void**, size_t, size_t);
void __libc_free(void*);
void __libc_cfree(void*);
}

namespace {

using Sizes = std::initializer_list<std::size_t>;

constexpr std::size_t kAlignment = 16;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kAsked = 64;  // of the forms that take an alignment
constexpr int kUntouched = 12345;   // an errno nobody sets

/// Not to be seen through, so that the compiler neither warns of what is meant nor answers itself.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

const std::size_t kMost = opaque(SIZE_MAX);

unsigned char* bytes(void* block) {
  return static_cast<unsigned char*>(block);
}

bool aligned(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

void* by_result(int (*aligned_by)(void**, size_t, size_t), std::size_t size) {
  void* block = nullptr;
  const int error = aligned_by(&block, kAsked, size);
  if (error != 0) errno = error;
  return block;
}

// ---- what hands blocks out ----

struct Giver {
  const char* name;
  void* (*give)(std::size_t size);
  std::size_t alignment = kAlignment;
};

const Giver kGivers[] = {
    {"malloc", [](std::size_t size) { return malloc(size); }},
    {"calloc", [](std::size_t size) { return calloc(1, size); }},
    {"calloc_of_bytes", [](std::size_t size) { return calloc(size, 1); }},
    {"realloc", [](std::size_t size) { return realloc(nullptr, size); }},
    {"reallocarray", [](std::size_t size) { return reallocarray(nullptr, 1, size); }},
    {"aligned_alloc", [](std::size_t size) { return aligned_alloc(kAsked, size); }, kAsked},
    {"memalign", [](std::size_t size) { return memalign(kAsked, size); }, kAsked},
    {"posix_memalign", [](std::size_t size) { return by_result(posix_memalign, size); }, kAsked},
    {"valloc", [](std::size_t size) { return valloc(size); }, kPage},
    {"pvalloc", [](std::size_t size) { return pvalloc(size); }, kPage},
    {"libc_malloc", [](std::size_t size) { return __libc_malloc(size); }},
    {"libc_calloc", [](std::size_t size) { return __libc_calloc(1, size); }},
    {"libc_realloc", [](std::size_t size) { return __libc_realloc(nullptr, size); }},
    {"libc_reallocarray", [](std::size_t size) { return __libc_reallocarray(nullptr, 1, size); }},
    {"libc_memalign", [](std::size_t size) { return __libc_memalign(kAsked, size); }, kAsked},
    {"libc_posix_memalign", [](std::size_t size) { return by_result(__posix_memalign, size); },
     kAsked},
    {"libc_valloc", [](std::size_t size) { return __libc_valloc(size); }, kPage},
    {"libc_pvalloc", [](std::size_t size) { return __libc_pvalloc(size); }, kPage},
    {"arn_malloc", arn_malloc},
    {"arn_calloc", [](std::size_t size) { return arn_calloc(1, size); }},
    {"arn_realloc", [](std::size_t size) { return arn_realloc(nullptr, size); }},
    {"arn_aligned_alloc", [](std::size_t size) { return arn_aligned_alloc(kAsked, size); }, kAsked},
};

class GiverTest : public testing::TestWithParam<Giver> {
 protected:
  static void* give(std::size_t size) { return GetParam().give(size); }
};

TEST_P(GiverTest, BlocksAreOursAlignedAndWhollyWritable) {
  for (std::size_t size = 0; size < 3'000'000; size += 1 + size / 3) {
    errno = kUntouched;
    void* block = give(size);
    ASSERT_NE(block, nullptr) << size;
    EXPECT_EQ(errno, kUntouched) << size;
    EXPECT_TRUE(arn_owns(block)) << size;
    EXPECT_TRUE(aligned(block, GetParam().alignment)) << size;
    const std::size_t usable = malloc_usable_size(block);
    EXPECT_GE(usable, size);
    EXPECT_EQ(arn_usable_size(block), usable);
    std::memset(block, 0xa5, usable);
    EXPECT_TRUE(std::all_of(bytes(block), bytes(block) + usable,
                            [](unsigned char byte) { return byte == 0xa5; }));
    free(block);
  }
}

TEST_P(GiverTest, NothingAskedForIsABlockToo) {
  std::set<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.insert(give(0));
  EXPECT_EQ(blocks.size(), 100u);
  EXPECT_EQ(blocks.count(nullptr), 0u);
  for (void* block : blocks) free(block);
}

TEST_P(GiverTest, LiveBlocksDoNotOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t size = i * i % 5000;
    blocks.emplace_back(bytes(give(size)), size);
    std::memset(blocks.back().first, static_cast<int>(i % 256), size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    EXPECT_TRUE(std::all_of(block, block + size, [i](auto byte) { return byte == i % 256; }));
    free(block);
  }
}

TEST_P(GiverTest, MoreThanThereCanBeIsNullAndEnomem) {
  const std::size_t half = PTRDIFF_MAX;
  for (std::size_t size : Sizes{kMost, kMost - 1, kMost - 15, kMost - 16, kMost - kPage + 1,
                                kMost - kPage, kMost - 2 * kPage, half + 2, half + 1, half,
                                half - kPage, std::size_t{1} << 47, std::size_t{1} << 41}) {
    errno = kUntouched;
    EXPECT_EQ(give(size), nullptr) << size;
    EXPECT_EQ(errno, ENOMEM) << size;
  }
  void* block = give(100);
  EXPECT_NE(block, nullptr);
  free(block);
}

INSTANTIATE_TEST_SUITE_P(Family, GiverTest, testing::ValuesIn(kGivers),
                         [](const auto& tested) { return tested.param.name; });

// ---- what takes them back ----

struct Taker {
  const char* name;
  void (*take)(void* block, std::size_t size);
};

const Taker kTakers[] = {
    {"free", [](void* block, std::size_t) { free(block); }},
    {"cfree", [](void* block, std::size_t) { cfree(block); }},
    {"free_sized", [](void* block, std::size_t size) { free_sized(block, size); }},
    {"free_aligned_sized",
     [](void* block, std::size_t size) { free_aligned_sized(block, kAlignment, size); }},
    {"libc_free", [](void* block, std::size_t) { __libc_free(block); }},
    {"libc_cfree", [](void* block, std::size_t) { __libc_cfree(block); }},
    {"arn_free", [](void* block, std::size_t) { arn_free(block); }},
};

class TakerTest : public testing::TestWithParam<Taker> {};

TEST_P(TakerTest, MemoryIsUsedAgain) {
  for (std::size_t size : Sizes{std::size_t{100}, std::size_t{5000}, std::size_t{1} << 20}) {
    GetParam().take(malloc(size), size);
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 1000; ++i) GetParam().take(malloc(size), size);
    EXPECT_EQ(mallinfo2().uordblks + mallinfo2().hblkhd, before) << size;
  }
}

TEST_P(TakerTest, NullIsIgnored) {
  GetParam().take(nullptr, 0);
}

TEST_P(TakerTest, ErrnoStaysAsItWas) {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t size : Sizes{std::size_t{10}, std::size_t{30'000}, std::size_t{64} << 20})
    for (int i = 0; i < 100; ++i)
      if (size < 1000 || i < 20) blocks.emplace_back(std::memset(malloc(size), 1, size / 64), size);
  blocks.emplace_back(nullptr, 0);
  errno = kUntouched;
  for (auto [block, size] : blocks) GetParam().take(block, size);
  EXPECT_EQ(errno, kUntouched);
}

INSTANTIATE_TEST_SUITE_P(Family, TakerTest, testing::ValuesIn(kTakers),
                         [](const auto& tested) { return tested.param.name; });

// ---- calloc, reallocarray: products ----

using Product = void* (*)(std::size_t, std::size_t);

constexpr struct {
  const char* name;
  Product multiply;
} kProducts[] = {
    {"calloc", [](std::size_t count, std::size_t size) { return calloc(count, size); }},
    {"reallocarray",
     [](std::size_t count, std::size_t size) { return reallocarray(nullptr, count, size); }},
    {"libc_calloc", [](std::size_t count, std::size_t size) { return __libc_calloc(count, size); }},
    {"libc_reallocarray",
     [](std::size_t count, std::size_t size) { return __libc_reallocarray(nullptr, count, size); }},
    {"arn_calloc", [](std::size_t count, std::size_t size) { return arn_calloc(count, size); }},
};

TEST(ProductTest, OverflowIsNullAndEnomem) {
  const std::size_t root = std::size_t{1} << 32;
  const std::pair<std::size_t, std::size_t> factors[] = {
      {root, root},     {root + 1, root}, {kMost, 2},         {2, kMost},        {kMost, kMost},
      {kMost / 16, 17}, {17, kMost / 16}, {kMost / 2 + 2, 2}, {kMost / 3 + 1, 3}};
  for (const auto& [name, multiply] : kProducts)
    for (const auto& [count, size] : factors) {
      errno = kUntouched;
      EXPECT_EQ(multiply(opaque(count), opaque(size)), nullptr)
          << name << " " << count << " " << size;
      EXPECT_EQ(errno, ENOMEM) << name;
    }
}

TEST(ProductTest, ZeroFactorIsABlock) {
  for (const auto& [name, multiply] : kProducts)
    for (const auto& [count, size] :
         {std::pair<std::size_t, std::size_t>{0, 0}, {0, 100}, {100, 0}, {0, kMost}, {kMost, 0}}) {
      void* block = multiply(count, size);
      EXPECT_NE(block, nullptr) << name;
      free(block);
    }
}

TEST(ProductTest, ReallocarrayLeavesTheBlockWhenItFails) {
  char* volatile block = static_cast<char*>(malloc(10));
  std::strcpy(block, "kept");
  errno = kUntouched;
  EXPECT_EQ(reallocarray(block, opaque(kMost / 2), 3), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(reallocarray(block, 1, kMost / 2), nullptr);
  EXPECT_STREQ(block, "kept");
  block = static_cast<char*>(reallocarray(block, 1000, 100));
  EXPECT_STREQ(block, "kept");
  EXPECT_GE(malloc_usable_size(block), 100'000u);
  free(block);
}

TEST(CallocTest, IsZeroOnRecycledMemory) {
  for (std::size_t size = 1; size < 4'000'000; size += size / 2 + 1)
    for (int round = 0; round < 4; ++round) {
      void* used[3];
      for (void*& block : used) block = std::memset(malloc(size), 0xff, size);
      for (void* block : used) free(block);
      for (void*& block : used) {
        block = calloc(size, 1);
        EXPECT_TRUE(std::all_of(bytes(block), bytes(block) + size, [](unsigned char byte) {
          return byte == 0;
        })) << size;
        std::memset(block, 0xff, malloc_usable_size(block));
      }
      for (void* block : used) free(block);
    }
}

// ---- realloc ----

using Realloc = void* (*)(void*, std::size_t);

class ReallocTest : public testing::TestWithParam<Realloc> {
 protected:
  static void* resize(void* block, std::size_t size) { return GetParam()(block, size); }
};

TEST_P(ReallocTest, KeepsContentsFromEverySizeToEveryOther) {
  const std::size_t sizes[] = {1,     16,    17,    100,     1000,    4096,      32768,
                               32769, 65536, 65537, 200'000, 262'144, 1'000'000, 5'000'000};
  for (std::size_t from : sizes)
    for (std::size_t to : sizes) {
      unsigned char* block = bytes(malloc(from));
      for (std::size_t i = 0; i < from; ++i) block[i] = static_cast<unsigned char>(i % 253);
      errno = kUntouched;
      block = bytes(resize(block, to));
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(errno, kUntouched);
      EXPECT_TRUE(arn_owns(block));
      EXPECT_TRUE(aligned(block, kAlignment));
      EXPECT_GE(malloc_usable_size(block), to);
      std::size_t same = 0;
      while (same < std::min(from, to) && block[same] == same % 253) ++same;
      EXPECT_EQ(same, std::min(from, to)) << from << " to " << to;
      std::memset(block, 0xff, to);
      free(block);
    }
}

TEST_P(ReallocTest, ToUsableSizeStays) {
  for (std::size_t size : Sizes{1, 100, 5000, 100'000}) {
    void* block = malloc(size);
    EXPECT_EQ(resize(block, malloc_usable_size(block)), block);
    free(block);
  }
}

TEST_P(ReallocTest, GrowsAndShrinksALargeBlock) {
  void* block = malloc(1 << 20);
  std::memset(block, 7, 1 << 20);
  for (std::size_t size = 1 << 20; size <= std::size_t{1} << 30; size *= 4) {
    block = resize(block, size);
    ASSERT_NE(block, nullptr) << size;
  }
  EXPECT_EQ(bytes(block)[(1 << 20) - 1], 7);
  block = resize(block, 100);
  EXPECT_EQ(bytes(block)[99], 7);
  free(block);
}

TEST_P(ReallocTest, FailureLeavesTheBlock) {
  for (std::size_t size : Sizes{100, 1 << 20}) {
    unsigned char* block = bytes(std::memset(malloc(size), 9, size));
    for (std::size_t most : Sizes{kMost, kMost - kPage, kMost / 2, kMost / 2 + 1}) {
      errno = kUntouched;
      EXPECT_EQ(resize(block, most), nullptr);
      EXPECT_EQ(errno, ENOMEM);
    }
    EXPECT_TRUE(std::all_of(block, block + size, [](auto byte) { return byte == 9; }));
    free(block);
  }
}

TEST_P(ReallocTest, ToNothingFreesAndIsNull) {
  for (std::size_t size : Sizes{0, 100, 1 << 20}) {
    free(malloc(size));
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 100; ++i) {
      errno = kUntouched;
      EXPECT_EQ(resize(malloc(size), 0), nullptr);
      EXPECT_EQ(errno, kUntouched);
    }
    EXPECT_EQ(mallinfo2().uordblks + mallinfo2().hblkhd, before);
  }
}

TEST_P(ReallocTest, FromNullIsMalloc) {
  void* nothing = resize(nullptr, 0);
  EXPECT_NE(nothing, nullptr);
  free(nothing);
}

INSTANTIATE_TEST_SUITE_P(
    Family, ReallocTest,
    testing::Values([](void* block, std::size_t size) { return realloc(block, size); },
                    [](void* block, std::size_t size) { return __libc_realloc(block, size); },
                    [](void* block, std::size_t size) { return reallocarray(block, 1, size); },
                    [](void* block, std::size_t size) { return reallocarray(block, size, 1); },
                    [](void* block, std::size_t size) {
                      return __libc_reallocarray(block, 1, size);
                    },
                    [](void* block, std::size_t size) { return arn_realloc(block, size); }));

// ---- alignment ----

using AlignedAlloc = void* (*)(std::size_t, std::size_t);
using PosixMemalign = int (*)(void**, std::size_t, std::size_t);

TEST(AlignmentTest, EveryPowerOfTwoBySize) {
  for (std::size_t alignment = 1; alignment <= std::size_t{1} << 30; alignment *= 2)
    for (std::size_t size : Sizes{std::size_t{0}, std::size_t{1}, std::size_t{24}, alignment / 2,
                                  alignment, alignment + 1, std::size_t{100'000}}) {
      void* by_posix = nullptr;
      if (alignment >= sizeof(void*)) {
        EXPECT_EQ(posix_memalign(&by_posix, alignment, size), 0) << alignment << " " << size;
      }
      void* const blocks[] = {aligned_alloc(alignment, size), memalign(alignment, size),
                              arn_aligned_alloc(alignment, size), by_posix};
      for (void* block : blocks) {
        if (block == nullptr && alignment < sizeof(void*)) continue;
        EXPECT_NE(block, nullptr) << alignment << " " << size;
        EXPECT_TRUE(aligned(block, std::max(alignment, kAlignment))) << alignment << " " << size;
        EXPECT_GE(malloc_usable_size(block), size);
        std::memset(block, 1, std::min(size, kPage));
        free(block);
      }
    }
}

TEST(AlignmentTest, OfAnAlignedBlockReallocKeepsContents) {
  for (std::size_t alignment = 32; alignment <= 1 << 20; alignment *= 4) {
    unsigned char* block = bytes(aligned_alloc(alignment, 500));
    std::memset(block, 3, 500);
    block = bytes(realloc(block, 500'000));
    EXPECT_TRUE(std::all_of(block, block + 500, [](auto byte) { return byte == 3; }));
    free(block);
  }
}

TEST(AlignmentTest, AlignedAllocRefusesWhatIsNoPowerOfTwo) {
  for (std::size_t alignment :
       Sizes{std::size_t{0}, std::size_t{3}, std::size_t{24}, std::size_t{48}, std::size_t{4097},
             kMost, kMost - 1, kMost / 2}) {
    for (AlignedAlloc allocate : {AlignedAlloc{aligned_alloc}, AlignedAlloc{arn_aligned_alloc}}) {
      errno = kUntouched;
      EXPECT_EQ(allocate(opaque(alignment), 100), nullptr) << alignment;
      EXPECT_EQ(errno, EINVAL) << alignment;
    }
  }
}

TEST(AlignmentTest, MemalignRoundsUpAsGlibcDoes) {
  for (AlignedAlloc allocate : {AlignedAlloc{memalign}, AlignedAlloc{__libc_memalign}}) {
    for (std::size_t alignment : Sizes{0, 1, 3, 17, 24, 100, 3000}) {
      void* block = allocate(opaque(alignment), 100);
      EXPECT_NE(block, nullptr) << alignment;
      std::size_t power = kAlignment;
      while (power < alignment) power *= 2;
      EXPECT_TRUE(aligned(block, power)) << alignment;
      free(block);
    }
    errno = kUntouched;
    EXPECT_EQ(allocate(opaque(kMost), 100), nullptr);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(allocate(opaque(kMost / 2 + 2), 100), nullptr);
    EXPECT_EQ(errno, EINVAL);
    errno = kUntouched;
    EXPECT_EQ(allocate(opaque(kMost / 2 + 1), 100), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
}

TEST(AlignmentTest, PosixMemalignReportsByItsResultAlone) {
  for (PosixMemalign allocate : {PosixMemalign{posix_memalign}, PosixMemalign{__posix_memalign}}) {
    int before = 0;
    void* block = &before;
    errno = kUntouched;
    for (std::size_t alignment :
         Sizes{std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{3},
               std::size_t{12}, std::size_t{24}, std::size_t{40}, kMost, kMost - 7}) {
      EXPECT_EQ(allocate(&block, alignment, 100), EINVAL) << alignment;
      EXPECT_EQ(block, &before);
    }
    for (std::size_t size : Sizes{kMost, kMost - kPage, kMost / 2, kMost / 2 + 1}) {
      EXPECT_EQ(allocate(&block, 64, size), ENOMEM) << size;
      EXPECT_EQ(block, &before);
    }
    EXPECT_EQ(allocate(&block, kMost / 2 + 1, 100), ENOMEM);
    EXPECT_EQ(block, &before);
    EXPECT_EQ(allocate(&block, sizeof(void*), 100), 0);
    EXPECT_NE(block, &before);
    EXPECT_EQ(errno, kUntouched);
    free(block);
  }
}

TEST(AlignmentTest, HugeAlignmentIsEnomem) {
  for (std::size_t power = std::size_t{1} << 42; power != 0; power *= 2) {
    errno = kUntouched;
    EXPECT_EQ(aligned_alloc(opaque(power), 100), nullptr) << power;
    EXPECT_EQ(errno, ENOMEM);
  }
}

TEST(AlignmentTest, PvallocRoundsUpToPages) {
  using Pvalloc = void* (*)(std::size_t);
  for (Pvalloc allocate : {Pvalloc{pvalloc}, Pvalloc{__libc_pvalloc}})
    for (std::size_t size : Sizes{0, 1, 4095, 4096, 4097, 40'000, 100'000}) {
      void* block = allocate(size);
      EXPECT_TRUE(aligned(block, kPage));
      const std::size_t pages = std::max<std::size_t>((size + kPage - 1) / kPage, 1) * kPage;
      EXPECT_GE(malloc_usable_size(block), pages) << size;
      std::memset(block, 1, pages);
      free(block);
    }
}

// ---- the rest ----

TEST(UsableSizeTest, OfNullIsZero) {
  EXPECT_EQ(malloc_usable_size(nullptr), 0u);
  EXPECT_EQ(arn_usable_size(nullptr), 0u);
}

TEST(UsableSizeTest, AtMostAnEighthIsLostToRounding) {
  for (std::size_t size = 129; size <= 32768; ++size) {
    void* block = malloc(size);
    EXPECT_LE(malloc_usable_size(block), size + size / 8) << size;
    free(block);
  }
}

TEST(OwnsTest, AnyAddress) {
  int local = 0;
  static int global = 0;
  void* block = malloc(100);
  EXPECT_EQ(arn_owns(block), 1);
  EXPECT_EQ(arn_owns(bytes(block) + 50), 1);
  EXPECT_EQ(arn_owns(&local), 0);
  EXPECT_EQ(arn_owns(&global), 0);
  EXPECT_EQ(arn_owns(nullptr), 0);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uintptr_t power = std::uintptr_t{1} << bit;
    for (std::uintptr_t address :
         {power, power - 1, ~power, reinterpret_cast<std::uintptr_t>(block) ^ power})
      EXPECT_LE(arn_owns(reinterpret_cast<void*>(address)), 1);
  }
  EXPECT_EQ(arn_owns(reinterpret_cast<void*>(UINTPTR_MAX)), 0);
  free(block);
}

TEST(TrimTest, GivesPagesBackThatNoBlockLiesOn) {
  const auto page_of = [](const void* at) { return reinterpret_cast<std::uintptr_t>(at) / kPage; };
  std::vector<void*> blocks;
  for (int i = 0; i < 20'000; ++i) blocks.push_back(std::memset(malloc(1000), 1, 1000));
  std::set<std::uintptr_t> all, kept;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    for (const std::size_t byte : {0u, 999u}) {
      const std::uintptr_t page = page_of(static_cast<char*>(blocks[i]) + byte);
      all.insert(page);
      if (i % 100 == 0) kept.insert(page);
    }
  // Afterwards, so that no entry of the sets lies where a block was.
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (i % 100 != 0) free(std::exchange(blocks[i], nullptr));
  EXPECT_EQ(malloc_trim(0), 1);
  std::size_t resident = 0;
  for (const std::uintptr_t page : all) {
    unsigned char there = 0;
    ASSERT_EQ(::mincore(reinterpret_cast<void*>(page * kPage), kPage, &there), 0);
    resident += there & 1u;
  }
  // Somebody else's block of this size may lie between them.
  EXPECT_GE(resident, kept.size());
  EXPECT_LE(resident, kept.size() + 5);
  for (void* block : blocks) free(block);
  EXPECT_EQ(arn_trim(), 1);
}

TEST(MalloptTest, KnowsGlibcsParameters) {
  for (int parameter : {M_MXFAST, M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX,
                        M_CHECK_ACTION, M_PERTURB, M_ARENA_TEST, M_ARENA_MAX})
    EXPECT_EQ(mallopt(parameter, 1), 1) << parameter;
  EXPECT_EQ(mallopt(12345, 1), 0);
}

}  // namespace
