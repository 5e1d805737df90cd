// SPDX-License-Identifier: MIT
// Tiny objects from shallow stacks, with little work on each: what weighs most on a layer that does
// something at every malloc and free. A few thousand objects live; a random one is read and freed,
// another made and filled in its place, by one of four paths seven calls deep. Sizes are 16 to 256
// bytes, small ones more often. Under glibc a pair takes about 65 ns of CPU, all in all.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "bench/support/arguments.hpp"
#include "bench/support/escape.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/pattern.hpp"
#include "bench/support/random.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

struct Object {
  std::uint64_t* words;
  std::size_t size;
};

class Objects {
 public:
  explicit Objects(std::size_t count) : objects_(count) {}

  [[gnu::noinline]] void replace(Random& random, std::size_t turn) {
    const std::uint64_t drawn = random.next();
    descend<kLevels, 0>(objects_[((drawn & 0xffffffff) * objects_.size()) >> 32], drawn >> 32,
                        turn);
    keep_frame();
  }

  [[gnu::noinline]] void drop_all() {
    for (Object& object : objects_) drop(object);
  }

  std::uint64_t sum() const { return sum_; }

 private:
  static constexpr int kLevels = 2;

  // A call that is the last thing a function does leaves no frame; this comes after.
  static void keep_frame() { escape(nullptr); }

  // Two ways down from each level, taken in turn.
  template <int kLeft, std::size_t kPath>
  [[gnu::noinline]] void descend(Object& object, std::uint64_t drawn, std::size_t turn) {
    if constexpr (kLeft == 0) {
      renew<kPath>(object, drawn);
    } else if ((turn & 1) != 0) {
      descend<kLeft - 1, 2 * kPath + 1>(object, drawn, turn >> 1);
    } else {
      descend<kLeft - 1, 2 * kPath>(object, drawn, turn >> 1);
    }
    keep_frame();
  }

  template <std::size_t kPath>
  [[gnu::noinline]] void renew(Object& object, std::uint64_t drawn) {
    drop(object);
    constexpr std::size_t kMost = kPath == 0 ? 64 : kPath == 1 ? 128 : 256;
    object.size = 16 + (((drawn & 0xffff) * (kMost - 15)) >> 16);
    object.words = make(object.size);
    keep_frame();
  }

  [[gnu::noinline]] static std::uint64_t* make(std::size_t size) {
    auto* words = static_cast<std::uint64_t*>(std::malloc(size));
    check(words != nullptr, "out of memory");
    std::uint64_t word = size;
    for (std::size_t at = 0; at < size / 8; ++at) words[at] = word = next(word);
    return words;
  }

  [[gnu::noinline]] void drop(Object& object) {
    if (object.words == nullptr) return;
    std::uint64_t word = object.size, different = 0;
    for (std::size_t at = 0; at < object.size / 8; ++at)
      different |= object.words[at] ^ (word = next(word));
    check(different == 0, "an object lost its contents");
    sum_ += word;
    std::free(object.words);
    object.words = nullptr;
  }

  // Some work for each word of an object, which no compiler takes away.
  static std::uint64_t next(std::uint64_t word) {
    return (word ^ (word >> 29)) * 0xd1342543de82ef95u + 1;
  }

  MappedArray<Object> objects_;
  std::uint64_t sum_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "pairs [pairs=30000000] [objects=4000]");
  arguments.expect_at_most(2);
  const std::size_t pairs = arguments.number(1, 30000000);
  const std::size_t count = arguments.number(2, 4000);
  if (pairs == 0 || count == 0) arguments.refuse();

  Objects objects(count);
  Random random(1);
  const Stopwatch watch;
  for (std::size_t done = 0; done < pairs; ++done) objects.replace(random, done);
  const double nanoseconds = watch.nanoseconds();
  objects.drop_all();
  std::printf("pairs objects=%zu sum=%llu ns_per_pair=%.1f\n", count,
              static_cast<unsigned long long>(objects.sum()),
              nanoseconds / static_cast<double>(pairs));
}
