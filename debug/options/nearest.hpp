// SPDX-License-Identifier: MIT
// The word that was probably meant: of those offered, the one with the fewest changes from what was
// written (a letter more, less, other, or two exchanged; case and '-' for '_' do not count), if
// there are few enough of them; or else one of which the written word is a part, or that is a part
// of it. Allocates nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace arenite {

class Nearest {
 public:
  explicit Nearest(std::string_view written) : written_(written) {}

  void offer(std::string_view word) {
    if (written_.empty() || written_.size() > kLongest || word.size() > kLongest) return;
    const std::size_t changes = distance(word);
    const std::size_t allowed = std::max<std::size_t>(1, written_.size() / 3);
    if (changes < least_ && changes <= allowed && changes < word.size()) {
      least_ = changes;
      word_ = word;
    }
    if (part_.empty() && std::min(word.size(), written_.size()) >= kShortestPart &&
        (contains(word, written_) || contains(written_, word)))
      part_ = word;
  }

  /// Empty if no word is near.
  std::string_view word() const { return word_.empty() ? part_ : word_; }

 private:
  static constexpr std::size_t kLongest = 32;
  static constexpr std::size_t kShortestPart = 4;
  using Row = std::array<std::size_t, kLongest + 1>;

  static char fold(char byte) {
    if (byte >= 'A' && byte <= 'Z') return static_cast<char>(byte - 'A' + 'a');
    return byte == '-' ? '_' : byte;
  }

  static bool contains(std::string_view whole, std::string_view part) {
    return std::search(whole.begin(), whole.end(), part.begin(), part.end(),
                       [](char a, char b) { return fold(a) == fold(b); }) != whole.end();
  }

  std::size_t distance(std::string_view word) const {
    Row before{}, last{}, row{};
    for (std::size_t j = 0; j <= word.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= written_.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j <= word.size(); ++j) {
        const char a = fold(written_[i - 1]), b = fold(word[j - 1]);
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a == b ? 0 : 1)});
        if (i > 1 && j > 1 && a == fold(word[j - 2]) && b == fold(written_[i - 2]))
          row[j] = std::min(row[j], before[j - 2] + 1);
      }
      before = last;
      last = row;
    }
    return last[word.size()];
  }

  std::string_view written_;
  std::string_view word_;
  std::string_view part_;
  std::size_t least_ = ~std::size_t{0};
};

}  // namespace arenite
