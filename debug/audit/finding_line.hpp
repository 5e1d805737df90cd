// SPDX-License-Identifier: MIT
// A finding as one line of text, the same from inside and from outside:
//   P4 pool 12 at 0x7f00001c0180: has bit 70 set, of 64 blocks
#pragma once

#include "debug/audit/finding.hpp"

namespace arenite {

using FindingLine = Text<320>;

inline void write_finding(const Finding& finding, FindingLine& line) {
  line << facts_of(finding.invariant).id << " "
       << kSubjectNames[static_cast<std::size_t>(finding.place.subject)] << " ";
  if (finding.place.subject != Subject::root) line << finding.place.number << " ";
  line << "at " << Hex{finding.place.address} << ": " << finding.text;
}

}  // namespace arenite
