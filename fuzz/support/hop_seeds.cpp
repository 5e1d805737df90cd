// SPDX-License-Identifier: MIT
// Writes seed programs for a corpus: hop_seeds FOLDER COUNT LONGEST
// [heap|guarded|all]. Every geometry, of up to LONGEST operations of those kinds.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "proptests/model/hop_file.hpp"
#include "proptests/model/random_program.hpp"

int main(int argc, char** argv) {
  using namespace arenite::model;
  const std::string which = argc == 5 ? argv[4] : "heap";
  const Kinds kinds = which == "heap"      ? Kinds::of_heaps
                      : which == "guarded" ? Kinds::of_guarded_heaps
                                           : Kinds::all;
  if (argc < 4 || argc > 5 || (kinds == Kinds::all && which != "all")) {
    std::fputs("usage: hop_seeds FOLDER COUNT LONGEST [heap|guarded|all]\n", stderr);
    return 64;
  }
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  const auto longest = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
  for (unsigned long seed = 0; seed < count; ++seed) {
    Random random(seed);
    const auto geometry = static_cast<GeometryName>(seed % 8 < 6 ? 0 : seed % 8 - 5);
    const Program program = random_program(random, geometry, 1 + random.below(longest), kinds);
    const std::string path = std::string(argv[1]) + "/seed-" + std::to_string(seed);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    const auto body = encode(program);
    if (file == nullptr || std::fwrite(body.data(), 1, body.size(), file) != body.size() ||
        std::fclose(file) != 0) {
      std::fprintf(stderr, "hop_seeds: cannot write %s\n", path.c_str());
      return 1;
    }
  }
  std::printf("%lu seeds in %s\n", count, argv[1]);
  return 0;
}
