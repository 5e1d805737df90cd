// SPDX-License-Identifier: MIT
#include "proptests/model/any_form.hpp"

#include <algorithm>
#include <string_view>

#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

/// A body of printable bytes alone is possible, but has to be meant: it would name kinds and slots
/// that no small program has.
bool is_text(std::span<const std::uint8_t> bytes) {
  return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) {
    return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

bool has_cookie(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kHopCookieBytes &&
         std::equal(std::begin(kHopCookie), std::end(kHopCookie), bytes.begin());
}

}  // namespace

Loaded read_any(std::span<const std::uint8_t> bytes) {
  if (!has_cookie(bytes) && is_text(bytes))
    return parse_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return unpack(bytes);
}

Loaded load_any(const std::string& path) {
  std::vector<std::uint8_t> bytes;
  std::string error = read_file(path, bytes);
  if (!error.empty()) return {{}, std::move(error)};
  return read_any(bytes);
}

}  // namespace arenite::model
