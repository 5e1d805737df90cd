// SPDX-License-Identifier: MIT
// D1-D3: guard bytes and poison of a block, read from outside and compared with what they were
// filled with; D6: pages around blocks on guard pages.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "debug/audit/finding.hpp"
#include "debug/layer/second_look.hpp"

namespace arenite {

/// What of users' memory can be read.
enum class Contents : std::uint8_t {
  absent,  ///< nothing: D1 to D3 are not looked at
  there,
  patchy,  ///< zeros may stand for what was not read: gcore gives up at a page that faults
  live,    ///< a process's own: what it may not access cannot be read either
};

template <MemoryView View>
class GuardBytes {
 public:
  GuardBytes(const View& view, const LayerPlan& plan, Contents contents, Findings& findings,
             const SecondLook& again)
      : view_(view),
        plan_(plan),
        contents_(contents),
        pattern_(plan.root.guard_key),
        findings_(findings),
        again_(again) {}

  /// Of a block with guard bytes. Requires: its record was found to fit.
  void check_guarded(const LayerBlock& block) {
    const BlockFacts& facts = block.facts;
    if (block.state == SideState::none || block.state == SideState::freeing) return;
    const Address end = facts.begin + facts.size;
    const std::uint64_t guard = plan_.root.guard_bytes;
    const auto pattern = [this](Address at) { return pattern_.byte(at); };
    look(facts, Invariant::D1, {facts.begin - guard, facts.begin}, pattern);
    look(facts, Invariant::D2, {end, std::min(facts.outer_end, end + guard + kMostGuardedSlack)},
         pattern);
    if (block.state == SideState::freed && poisoned(facts))
      look(facts, Invariant::D3, {facts.begin, end}, [](Address) { return kFreedByte; });
  }

  /// Of a live block on guard pages: what it leaves of its pages.
  void check_slack(const LayerBlock& block, const PagePlacement& place) {
    const auto pattern = [](Address) { return kGuardByte; };
    if (contents_ == Contents::patchy && is_zero(place.open_begin))
      return findings_.unreadable(place.open_begin);
    if (contents_ == Contents::live) check_open(block, place);
    look(block.facts, Invariant::D1, place.before(), pattern);
    look(block.facts, Invariant::D2, place.behind(block.facts.size), pattern);
  }

 private:
  static constexpr std::size_t kAtOnce = 4096;

  /// D6, of a live block: its pages are open, those before and behind are not.
  void check_open(const LayerBlock& block, const PagePlacement& place) {
    const Address behind = place.open_begin + place.open_bytes;
    expect(block, place.open_begin - kPageBytes, false);
    for (Address page = place.open_begin; page < behind; page += kPageBytes)
      expect(block, page, true);
    expect(block, behind, false);
  }

  void expect(const LayerBlock& block, Address page, bool open) {
    std::uint8_t byte;
    const auto as_expected = [&](const auto& view) { return view.read(page, &byte, 1) == open; };
    if (as_expected(view_) || !again_.stands(block.facts, as_expected)) return;
    findings_.add(Invariant::D6, {Subject::block, block.facts.serial, page},
                  Message{} << "the page at " << Hex{page} << (open ? ", of" : ", beside")
                            << " a live block of " << block.facts.size << " bytes at "
                            << Hex{block.facts.begin}
                            << (open ? ", is not accessible" : ", is accessible"));
  }

  /// Larger ones are not filled, as they are let go at once.
  bool poisoned(const BlockFacts& facts) {
    if ((plan_.root.settings & kFillsFreed) == 0) return false;
    if (!cap_known_) {
      QuarantineState<Remote> ring;
      cap_ = read_object(view_, plan_.root.quarantine, ring) ? ring.most_bytes : 0;
      cap_known_ = true;
    }
    return facts.outer_end - facts.outer_begin + QuarantineEntry::kNotedBytes <= cap_;
  }

  bool is_zero(Address page) const {
    std::array<std::uint8_t, kPageBytes> copy;
    return view_.read(page, copy.data(), copy.size()) &&
           std::all_of(copy.begin(), copy.end(), [](std::uint8_t byte) { return byte == 0; });
  }

  template <class Pattern>
  void look(const BlockFacts& facts, Invariant invariant, Extent bytes, const Pattern& pattern) {
    std::array<std::uint8_t, kAtOnce> copy;
    for (Address at = bytes.begin; at < bytes.end;) {
      const std::size_t part = std::min<std::size_t>(bytes.end - at, kAtOnce);
      if (!view_.read(at, copy.data(), part)) {
        if (again_.stands(facts)) findings_.unreadable(at);
        return;
      }
      for (std::size_t i = 0; i < part; ++i)
        if (copy[i] != pattern(at + i))
          return tell(facts, invariant, at + i, pattern(at + i), copy[i]);
      at += part;
    }
  }

  void tell(const BlockFacts& facts, Invariant invariant, Address at, std::uint8_t expected,
            std::uint8_t found) {
    if (!again_.differs(facts, at, expected)) return;
    const Address end = facts.begin + facts.size;
    Message message;
    if (at < facts.begin)
      message << facts.begin - at << " bytes before";
    else if (at < end)
      message << at - facts.begin << " bytes inside";
    else
      message << at - end << " bytes behind";
    message << (facts.state == BlockState::freed ? " a freed" : " a") << " block of " << facts.size
            << " bytes at " << Hex{facts.begin} << " stands " << Hex{found} << " instead of "
            << Hex{expected};
    findings_.add(invariant, {Subject::block, facts.serial, at}, message);
  }

  const View& view_;
  const LayerPlan& plan_;
  Contents contents_;
  GuardPattern pattern_;
  Findings& findings_;
  const SecondLook& again_;
  std::uint64_t cap_ = 0;
  bool cap_known_ = false;
};

}  // namespace arenite
