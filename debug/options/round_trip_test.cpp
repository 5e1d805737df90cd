// SPDX-License-Identifier: MIT
// What is printed is read back to the same; whatever is read does no harm.
#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "debug/options/option_table.hpp"
#include "debug/options/options.hpp"

namespace arenite {
namespace {

using Random = std::mt19937_64;

/// Small numbers, the bounds and all between come equally often.
std::uint64_t draw_number(Random& random, std::uint64_t least, std::uint64_t most) {
  const std::uint64_t distance = most - least;
  switch (random() % 4) {
    case 0:
      return least;
    case 1:
      return most;
    case 2:
      return least + std::min<std::uint64_t>(distance, random() % 100);
    default:
      return least + (distance == ~std::uint64_t{0} ? random() : random() % (distance + 1));
  }
}

void draw_text(Random& random, char (&text)[Options::kTextBytes]) {
  constexpr std::string_view kBytes = ":\\=%p/a*\n\xff\"";
  const std::size_t size = random() % 2 == 0 ? random() % 6 : random() % Options::kTextBytes;
  for (std::size_t i = 0; i < size; ++i) text[i] = kBytes[random() % kBytes.size()];
}

void draw(Random& random, const OptionRow& row, Options& options) {
  if (row.flag != nullptr) options.*row.flag = random() % 2 == 0;
  if (row.choose != nullptr)
    row.choose(options, static_cast<unsigned>(random() % row.words.size()));
  if (row.text != nullptr) draw_text(random, options.*row.text);
  if (row.part != nullptr)
    options.*row.part = static_cast<double>(draw_number(random, 0, 1'000'000'000)) / 1e9;
  if (row.kind == OptionKind::sizes) {
    options.size_min = draw_number(random, 0, ~std::uint64_t{0});
    options.size_max = draw_number(random, options.size_min, ~std::uint64_t{0});
  }
  if (row.number == nullptr) return;
  std::uint64_t number = draw_number(random, row.least, row.most);
  if (row.kind == OptionKind::power_of_two) number = std::bit_floor(number);
  options.*row.number = (number + row.multiple - 1) / row.multiple * row.multiple;
  if (row.kind == OptionKind::on_error && options.on_error != OnError::exit)
    options.*row.number = Options{}.exit_code;
}

bool same(const Options& a, const Options& b) {
  for (const OptionRow& row : option_table()) {
    if (row.flag != nullptr && a.*row.flag != b.*row.flag) return false;
    if (row.choose != nullptr && row.chosen(a) != row.chosen(b)) return false;
    if (row.text != nullptr && std::memcmp(a.*row.text, b.*row.text, Options::kTextBytes) != 0)
      return false;
    if (row.part != nullptr && a.*row.part != b.*row.part) return false;
    if (row.number != nullptr && a.*row.number != b.*row.number) return false;
  }
  return a.size_min == b.size_min && a.size_max == b.size_max;
}

void count(void* complaints, const char*) {
  ++*static_cast<unsigned*>(complaints);
}

TEST(RoundTrip, all_options) {
  Random random(1);
  unsigned different = 0;
  for (int i = 0; i < 20000; ++i) {
    Options options, back;
    // Few rows at a time are most like what users write; all at once find more.
    const std::uint64_t part = 1 + random() % 4;
    for (const OptionRow& row : option_table())
      if (random() % part == 0) draw(random, row, options);
    char text[16384];
    const std::size_t size = print_options(options, text, sizeof text);
    unsigned complaints = 0;
    read_options({text, size}, back, count, &complaints);
    ASSERT_TRUE(same(options, back)) << text;
    ASSERT_EQ(complaints, 0u) << text;
    if (!same(options, Options{})) ++different;
  }
  EXPECT_GT(different, 10000u);
}

TEST(RoundTrip, every_member_counts) {
  // `same` says no for each of them, and so the text of each is another one.
  Random random(2);
  for (const OptionRow& row : option_table()) {
    Options options;
    while (same(options, Options{})) draw(random, row, options);
    char text[1024];
    EXPECT_GT(print_options(options, text, sizeof text), 0u) << row.name;
  }
}

TEST(Hostile, any_text_is_read_to_options_that_print) {
  constexpr std::string_view kPieces[] = {":",  "=", "\\", "-",   "exit=", "99999999999999999999",
                                          "1K", ".", "on", "0.5", "debug", "\xff"};
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::uint64_t pieces = random() % 20; pieces > 0; --pieces) switch (random() % 4) {
        case 0:
          text += option_table()[random() % option_table().size()].name;
          [[fallthrough]];
        case 1:
          text += '=';
          break;
        case 2:
          text += kPieces[random() % std::size(kPieces)];
          break;
        default:
          text += static_cast<char>(random());
      }
    Options options, back;
    unsigned complaints = 0;
    read_options(text, options, count, &complaints);
    EXPECT_LE(complaints, kMaxComplaints + 1);
    char printed[16384];
    const std::size_t size = print_options(options, printed, sizeof printed);
    complaints = 0;
    read_options({printed, size}, back, count, &complaints);
    ASSERT_TRUE(same(options, back)) << text;
    ASSERT_EQ(complaints, 0u) << printed;
  }
}

TEST(Hostile, a_megabyte_of_anything) {
  for (const char byte : {'\0', ':', '=', '\\', 'a', '\xff'}) {
    const std::string text(1 << 20, byte);
    Options options;
    unsigned complaints = 0;
    read_options(text, options, count, &complaints);
    EXPECT_EQ(complaints, byte == ':' ? 0u : 1u);
    complaints = 0;
    read_options("log_path=" + text, options, count, &complaints);
    EXPECT_EQ(complaints, byte == ':' ? 0u : 1u);
    EXPECT_TRUE(same(options, Options{}));
  }
}

}  // namespace
}  // namespace arenite
