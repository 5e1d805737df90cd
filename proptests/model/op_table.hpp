// SPDX-License-Identifier: MIT
// Which step a record's first byte means: 256 entries, so that every byte means something. FROZEN:
// corpora and crash files depend on it. A new kind takes entries from the reserved stretch, which
// mean `nothing` until then, and none is ever given another meaning; model_test.cpp holds the hash.
// A kind's share of the table is its weight in programs made of random bytes.
#pragma once

#include <array>
#include <cstdint>

#include "proptests/model/operation.hpp"

namespace arenite::model {

struct OpStretch {
  std::uint8_t first;
  std::uint8_t last;
  Kind kind;
};

inline constexpr OpStretch kOpStretches[] = {
    {0x00, 0x00, Kind::nothing},         {0x01, 0x20, Kind::allocate},
    {0x21, 0x2c, Kind::allocate_zeroed}, {0x2d, 0x3c, Kind::allocate_aligned},
    {0x3d, 0x54, Kind::reallocate},      {0x55, 0x70, Kind::free},
    {0x71, 0x7c, Kind::remote_free},     {0x7d, 0x8c, Kind::batch_allocate},
    {0x8d, 0x9c, Kind::batch_free},      {0x9d, 0xa4, Kind::switch_thread},
    {0xa5, 0xaa, Kind::attach},          {0xab, 0xae, Kind::detach},
    {0xaf, 0xb4, Kind::hand_back},       {0xb5, 0xb8, Kind::trim},
    {0xb9, 0xbe, Kind::fail_os},         {0xbf, 0xc0, Kind::reopen},
    {0xc1, 0xc4, Kind::rewrite},         {0xc5, 0xc6, Kind::check_all},
    {0xc7, 0xca, Kind::audit},           {0xcb, 0xce, Kind::free_interior},
    {0xcf, 0xd2, Kind::double_free},     {0xd3, 0xd6, Kind::free_foreign},
    {0xd7, 0xd8, Kind::free_wild},       {0xd9, 0xd9, Kind::double_free_late},
    {0xda, 0xda, Kind::free_null},       {0xdb, 0xde, Kind::corrupt},
    {0xdf, 0xe2, Kind::write_beyond},    {0xe3, 0xe6, Kind::write_freed},
    {0xe7, 0xea, Kind::free_wrongly},
    // 0xeb to 0xff are reserved.
};
inline constexpr std::uint8_t kFirstReservedOp = 0xeb;
/// From here on, what a heap by itself passes over.
inline constexpr std::uint8_t kFirstDebugOp = 0xdb;

inline constexpr auto kKindOfByte = [] {
  std::array<Kind, 256> kinds{};
  for (const OpStretch& stretch : kOpStretches)
    for (unsigned byte = stretch.first; byte <= stretch.last; ++byte) kinds[byte] = stretch.kind;
  return kinds;
}();

/// The byte a kind is stored as: the first of its stretch.
inline constexpr auto kByteOfKind = [] {
  std::array<std::uint8_t, kKinds> bytes{};
  for (const OpStretch& stretch : kOpStretches)
    bytes[static_cast<std::size_t>(stretch.kind)] = stretch.first;
  return bytes;
}();

static_assert([] {
  unsigned next = 0;
  for (const OpStretch& stretch : kOpStretches) {
    if (stretch.first != next || stretch.last < stretch.first) return false;
    next = stretch.last + 1u;
  }
  return next == kFirstReservedOp;
}());

}  // namespace arenite::model
