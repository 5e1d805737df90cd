// SPDX-License-Identifier: MIT
// Arithmetic that everything stands on: sizes, classes, blocks and lines of the allocator; the
// codes for heads, traits and places of the debug layer. The input is a list of numbers, 8 bytes
// each; whatever they are, the maps agree with their definitions, worked out in another way.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "debug/guard/page_placement.hpp"
#include "debug/guard/quarantine.hpp"
#include "debug/guard/side_record.hpp"
#include "fuzz/support/census.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/size_classes.hpp"
#include "geometry/tiny.hpp"
#include "proptests/model/expectation.hpp"
#include "proptests/model/size_code.hpp"

namespace {

using namespace arenite;

// One feature for each class of each geometry: the code is the same for all.
__attribute__((section("__libfuzzer_extra_counters"))) std::uint8_t classes_seen[3][256];

void require(bool holds, const char* what, std::uint64_t number) {
  if (holds) return;
  std::fprintf(stderr, "size_class: %s does not hold for %llu\n", what,
               static_cast<unsigned long long>(number));
  std::abort();
}

/// The smallest block that holds `size` and is a multiple of `alignment`, by looking at each.
template <class G>
std::size_t searched(std::size_t size, std::size_t alignment) {
  for (std::size_t i = 0; i < G::kBlockBytes.size(); ++i)
    if (G::kBlockBytes[i] >= size && G::kBlockBytes[i] % alignment == 0) return i;
  return kNoClass;
}

template <class G>
void check_size(std::uint64_t number, std::uint8_t* seen) {
  using Classes = SizeClasses<G>;
  const std::size_t size = number % (Classes::kSmallLimit + 1);
  const SizeClass size_class = Classes::class_of(size);
  require(size_class.value == searched<G>(size, 1), "class_of(size)", number);
  seen[size_class.value] = 1;
  const std::size_t alignment = std::size_t{1} << (number >> 32) % 20;
  require(Classes::class_of(size, alignment).value == searched<G>(size, alignment),
          "class_of(size, alignment)", number);
  require(Classes::class_of(Classes::kSmallLimit + 1 + number / 2, alignment).value == kNoClass,
          "no class for a large size", number);
  const ClassFacts& facts = Classes::facts(size_class);
  require(Classes::class_of(facts.block_bytes) == size_class, "class of its own block", number);
  require(Classes::kClassOfLine[facts.first_line] == size_class.value, "class of line", number);
  require(Classes::kBlockBytesOfLine[facts.first_line] == facts.block_bytes, "bytes of line",
          number);
  require(facts.capacity == G::kPoolBytes / facts.block_bytes, "capacity", number);
  const std::size_t shelved = Classes::shelf_slots(facts.block_bytes);
  require(shelved <= G::kShelfSlots && shelved * facts.block_bytes <= G::kShelfBytes,
          "no more on a shelf than it may hold", number);
  require(shelved == G::kShelfSlots || (shelved + 1) * facts.block_bytes > G::kShelfBytes,
          "as many on a shelf as it may hold", number);
  const std::uint64_t offset = (number >> 16) % std::min<std::uint64_t>(G::kPoolBytes, 1u << 16);
  const std::uint64_t product = offset * facts.reciprocal;
  require(product >> 32 == offset / facts.block_bytes, "division by reciprocal", number);
  require(
      (static_cast<std::uint32_t>(product) < facts.reciprocal) == (offset % facts.block_bytes == 0),
      "multiple by reciprocal", number);
}

void check_codes(std::uint64_t number) {
  const std::size_t guard = number % 4097 * 16, alignment = std::size_t{1} << (number >> 32) % 40;
  const std::size_t head = HeadCode::head_for(guard, alignment);
  require(head >= guard && head % alignment == 0, "a head has room, aligned", number);
  require(HeadCode::decode(HeadCode::encode(head)) == head, "a head comes back", number);
  const std::size_t asked = alignment & -(number & 1);
  const bool ignored = (number & 2) != 0;
  const std::uint8_t traits = BlockTraits::encode(asked, ignored);
  require(BlockTraits::alignment(traits) == asked, "an alignment comes back", number);
  require(((traits & BlockTraits::kLeakIgnored) != 0) == ignored, "a trait comes back", number);
  const Address at = number % (Address{1} << 47) & ~Address{15};
  const std::size_t bytes = number >> 24;
  const QuarantineEntry entry(at, bytes);
  require(entry.block() == at, "a quarantined block comes back", number);
  require(entry.bytes() <= bytes &&
              (bytes >= QuarantineEntry::kMostBytes || entry.bytes() + 16 > bytes),
          "its size comes back", number);
}

void check_placement(std::uint64_t number) {
  const Address data = (number >> 8 & 0xffff) * kPageBytes + (Address{1} << 32);
  const std::size_t alignment = std::size_t{1} << (number & 31) % 20;
  const std::size_t size = (number >> 24) % (1u << 20);
  const bool right = (number & 32) != 0;
  const PagePlacement place = PagePlacement::at(data, size, alignment, right);
  const Address end = data + PagePlacement::needed_pages(size, alignment) * kPageBytes;
  require(place.begin % alignment == 0, "a placed block is aligned", number);
  require(place.open_begin >= data && place.open_begin % kPageBytes == 0 &&
              place.open_begin + place.open_bytes <= std::max(end, place.open_begin + kPageBytes),
          "open pages lie in the stretch", number);
  require(size == 0 || (place.begin >= place.open_begin &&
                        place.begin + size <= place.open_begin + place.open_bytes),
          "a block lies on open pages", number);
  const PagePlacement again = PagePlacement::of(place.begin, size, place.open_bytes / kPageBytes);
  require(again.open_begin == place.open_begin && again.open_bytes == place.open_bytes,
          "a placement comes back", number);
}

/// How programs say sizes (proptests/model): every code has one text, one form, and a size that is
/// near the boundary it names.
template <class G>
void check_size_code(std::uint64_t number) {
  const std::uint32_t code = model::canonical_size(static_cast<std::uint32_t>(number));
  require(model::canonical_size(code) == code, "a canonical code is canonical", number);
  require(model::parse_size(model::size_text(code)) == code, "a size comes back from text", number);
  const model::SizeCode size = model::SizeCode::decode(code);
  const std::size_t bytes = model::bytes_of<G>(size);
  if (size.way == model::SizeWay::boundary) {
    const std::size_t block = G::kBlockBytes[size.number % G::kBlockBytes.size()];
    require(bytes + 3 >= block && bytes <= block + 3, "a boundary is near", number);
    require(model::expected_usable<G>(bytes) >= bytes, "room for a boundary", number);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::count_input();
  for (std::size_t at = 0; at + 8 <= size; at += 8) {
    std::uint64_t number;
    std::memcpy(&number, data + at, sizeof number);
    check_size<Tiny>(number, classes_seen[0]);
    check_size<Classic>(number, classes_seen[1]);
    check_size<Production>(number, classes_seen[2]);
    check_size_code<Tiny>(number);
    check_size_code<Production>(number);
    check_codes(number);
    check_placement(number);
    fuzz::count("numbers");
  }
  return 0;
}
