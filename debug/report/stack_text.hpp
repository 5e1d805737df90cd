// SPDX-License-Identifier: MIT
// Stacks and frames in AddressSanitizer's layout. Signal-safe if the sink and the names are.
#pragma once

#include <cstddef>

#include "debug/report/frame_names.hpp"
#include "debug/report/sink.hpp"

namespace arenite {

/// The most a stack takes up in text; frames that do not fit are counted and left out, so that what
/// follows a stack is never cut.
inline constexpr std::size_t kStackTextBytes = 48 << 10;

/// `(/bin/program+0x1139) (BuildId: 4f1d)`, or `(<unknown module>)`.
void print_place(Address pc, const FrameNames& names, Printer& to);

/// The frames, a line each, and an empty line.
void print_stack(const Frames& frames, const FrameNames& names, Printer& to);

/// `SUMMARY: AddressSanitizer: KIND (MODULE+OFFSET) (BuildId: ...)`, of the frame that is at fault.
void print_summary(const char* kind, const Frames& frames, const FrameNames& names, Printer& to);

/// The line of '=' above every report.
void print_rule(Printer& to);

}  // namespace arenite
