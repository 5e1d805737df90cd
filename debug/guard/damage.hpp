// SPDX-License-Identifier: MIT
// What the guard heap finds wrong, and whom it tells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/report/report.hpp"

namespace arenite {

/// When damage is found.
enum class Moment : std::uint8_t {
  release,     ///< the block is given back
  quarantine,  ///< it leaves quarantine
  check,       ///< it is looked at
};

struct Damage {
  Fault fault = Fault::bad_free;
  Moment moment = Moment::check;
  /// The first bad byte, or the pointer that was given.
  Address bad = 0;
  /// The block it is about; state none if there is none.
  BlockFacts block;
  /// Of the caller, where the block is given back.
  Family released_as = Family::malloc;
  std::size_t said_size = 0;
  std::size_t said_alignment = 0;
};

/// Told of damage as it is found, with no lock held; may return, and the operation then goes on as
/// well as it can.
struct DamageSink {
  void* context = nullptr;
  void (*found)(void* context, const Damage& damage) = nullptr;
};

}  // namespace arenite
