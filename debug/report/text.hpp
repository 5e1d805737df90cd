// SPDX-License-Identifier: MIT
// A report as text in AddressSanitizer's layout, which fuzzers and CI systems read: its ERROR line,
// access line, frames, region line, stacks and SUMMARY come letter for letter in their places.
// What only Arenite tells stands around them in lines that begin with "arenite: ". Takes no lock,
// never allocates, reads nothing but its arguments; safe in signal handlers if the sink and the
// names are.
#pragma once

#include "debug/report/frame_names.hpp"
#include "debug/report/sink.hpp"

namespace arenite {

/// What becomes of the process after a report.
enum class Ending : std::uint8_t {
  goes_on,
  aborting,  ///< says `==PID==ABORTING`
};

void print_text(const Report& report, const FrameNames& names, Ending ending, const Sink& sink);

}  // namespace arenite
