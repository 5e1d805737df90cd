// SPDX-License-Identifier: MIT
// How to step from a frame to its caller's, in one word: where the frame ends (its CFA, canonical
// frame address) and where the caller's rbp was saved. The return address lies right below the CFA.
// Nothing else is ever needed: compilers express frames by rsp and rbp alone.
#pragma once

#include <cstdint>

namespace arenite {

/// Where a frame ends.
enum class FrameEnd : std::uint8_t {
  unknown,       ///< nothing is said of this code, or nothing this library understands
  from_rsp,      ///< rsp + offset
  from_rbp,      ///< rbp + offset
  at_rsp,        ///< the word at rsp + offset
  at_rbp,        ///< the word at rbp + offset
  signal_frame,  ///< at rsp lies the ucontext_t of what a signal interrupted
  outermost,     ///< there is no caller
};

/// Where the caller's rbp is.
enum class SavedRbp : std::uint8_t {
  kept,    ///< still in rbp
  at_cfa,  ///< the word at CFA + offset
  at_rbp,  ///< the word at rbp + offset
  lost,
};

class UnwindRule {
 public:
  constexpr UnwindRule() = default;
  constexpr explicit UnwindRule(std::uint64_t word) : word_(word) {}
  constexpr explicit UnwindRule(FrameEnd end) : UnwindRule(end, 0, SavedRbp::kept, 0) {}
  /// Requires: `rbp_offset` fits 24 bits.
  constexpr UnwindRule(FrameEnd end, std::int32_t offset, SavedRbp rbp, std::int32_t rbp_offset)
      : word_(static_cast<std::uint32_t>(offset) |
              (std::uint64_t{static_cast<std::uint32_t>(rbp_offset) & 0xffffff} << 32) |
              (std::uint64_t{static_cast<std::uint8_t>(end)} << 56) |
              (std::uint64_t{static_cast<std::uint8_t>(rbp)} << 60)) {}

  constexpr FrameEnd end() const { return static_cast<FrameEnd>((word_ >> 56) & 0xf); }
  constexpr std::int64_t offset() const { return static_cast<std::int32_t>(word_); }
  constexpr SavedRbp rbp() const { return static_cast<SavedRbp>(word_ >> 60); }
  constexpr std::int64_t rbp_offset() const { return static_cast<std::int64_t>(word_ << 8) >> 40; }
  constexpr std::uint64_t word() const { return word_; }
  constexpr bool operator==(const UnwindRule&) const = default;

 private:
  std::uint64_t word_ = 0;
};

}  // namespace arenite
