// SPDX-License-Identifier: MIT
// Input for the compilers: template-heavy code that keeps a compiler's own heap busy. It is
// compiled, never run.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace input {

template <int... Values>
struct List {};

template <class Left, class Right>
struct Joined;
template <int... Left, int... Right>
struct Joined<List<Left...>, List<Right...>> {
  using Type = List<Left..., (Right + static_cast<int>(sizeof...(Left)))...>;
};

template <int Count>
struct Counted {
  using Type = typename Joined<typename Counted<Count / 2>::Type,
                               typename Counted<Count - Count / 2>::Type>::Type;
};
template <>
struct Counted<0> {
  using Type = List<>;
};
template <>
struct Counted<1> {
  using Type = List<0>;
};

template <int Index>
struct Cell {
  std::array<int, static_cast<std::size_t>(Index % 7 + 1)> values{};
  std::map<int, std::string> names;
  int sum() const {
    int total = Index;
    for (const int value : values) total += value;
    return total + static_cast<int>(names.size());
  }
};

template <class Indices>
struct Table;
template <int... Indices>
struct Table<List<Indices...>> {
  std::tuple<Cell<Indices>...> cells;
  int sum() const { return (std::get<Indices>(cells).sum() + ...); }
};

template <int Depth>
int ackermann_like(int value) {
  if constexpr (Depth == 0) {
    return value + 1;
  } else {
    return ackermann_like<Depth - 1>(value) + ackermann_like<Depth / 2>(value + Depth);
  }
}

using Node = std::variant<int, double, std::string, std::vector<int>, std::optional<long>,
                          std::map<int, int>>;

struct Measure {
  std::size_t operator()(const std::string& text) const { return text.size(); }
  std::size_t operator()(const std::vector<int>& values) const { return values.size(); }
  std::size_t operator()(const std::map<int, int>& values) const { return values.size(); }
  template <class Other>
  std::size_t operator()(const Other&) const {
    return sizeof(Other);
  }
};

std::size_t measure(const std::vector<Node>& nodes) {
  std::size_t total = 0;
  for (const Node& left : nodes) {
    for (const Node& right : nodes) {
      total +=
          std::visit([](const auto& a, const auto& b) { return Measure{}(a) * 3 + Measure{}(b); },
                     left, right);
    }
  }
  return total;
}

std::size_t words(const std::vector<std::string>& texts) {
  std::unordered_map<std::string, std::vector<std::size_t>> seen;
  for (const std::string& text : texts) seen[text].push_back(text.size());
  std::vector<std::size_t> sorted;
  for (const auto& [text, places] : seen) sorted.push_back(places.size());
  std::sort(sorted.begin(), sorted.end(), [](auto left, auto right) { return left > right; });
  return sorted.empty() ? 0 : sorted.front();
}

int everything(const std::vector<Node>& nodes, const std::vector<std::string>& texts) {
  const Table<Counted<48>::Type> table{};
  return table.sum() + ackermann_like<16>(1) + static_cast<int>(measure(nodes) + words(texts));
}

}  // namespace input
