// SPDX-License-Identifier: MIT
// Memory per byte asked for, all else aside: many objects of 24 bytes, many of the sizes Python
// asks for, and those again after each has been replaced twice in random order. Beside each stands
// the least a spacing of 16 bytes allows. The pointers are kept outside the heap and not counted.
#include <cstdint>
#include <cstdio>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"
#include "bench/support/sizes.hpp"

using namespace arenite::bench;

namespace {

class Weighing {
 public:
  void add(std::size_t size) {
    asked_ += size;
    rounded_ += (size + 15) / 16 * 16;
  }
  void remove(std::size_t size) {
    asked_ -= size;
    rounded_ -= (size + 15) / 16 * 16;
  }
  void print(const char* name) const {
    const auto asked = static_cast<double>(asked_);
    std::printf(" %s=%.4f %s_bound=%.4f", name,
                static_cast<double>(private_bytes() - before_) / asked, name,
                static_cast<double>(rounded_) / asked);
  }

 private:
  std::size_t before_ = private_bytes();
  std::size_t asked_ = 0;
  std::size_t rounded_ = 0;
};

void same_size(std::size_t objects) {
  constexpr std::size_t kSize = 24;
  MappedArray<Block> blocks(objects);
  Weighing weighing;
  for (std::size_t index = 0; index < objects; ++index) {
    blocks[index] = Block::make(kSize, index);
    weighing.add(kSize);
  }
  weighing.print("bytes24");
  for (std::size_t index = 0; index < objects; ++index) blocks[index].drop(index);
}

void python_mix(std::size_t objects) {
  Random random(1);
  const Sizes sizes("python");
  MappedArray<Block> blocks(objects);
  Weighing weighing;
  for (std::size_t index = 0; index < objects; ++index) {
    blocks[index] = Block::make(sizes.pick(random), index);
    weighing.add(blocks[index].size);
  }
  weighing.print("python");
  for (std::size_t done = 0; done < 2 * objects; ++done) {
    const std::size_t index = random.below(objects);
    weighing.remove(blocks[index].size);
    blocks[index].drop(index);
    blocks[index] = Block::make(sizes.pick(random), index);
    weighing.add(blocks[index].size);
  }
  weighing.print("churned");
  for (std::size_t index = 0; index < objects; ++index) blocks[index].drop(index);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "overhead 24|python [objects=10000000 or 2000000]");
  arguments.expect_at_most(2);
  const std::string_view what = arguments.word(1, "24");
  std::printf("overhead");
  if (what == "24") {
    same_size(arguments.number(2, 10000000));
  } else if (what == "python") {
    python_mix(arguments.number(2, 2000000));
  } else {
    arguments.refuse();
  }
  std::printf("\n");
}
