// SPDX-License-Identifier: MIT
// A report as one JSON object on one line; debug/report/README.md has the schema. Never allocates,
// reads nothing but its arguments; safe in signal handlers if the sink and the names are.
#pragma once

#include "debug/report/frame_names.hpp"
#include "debug/report/json_printer.hpp"
#include "debug/report/sink.hpp"

namespace arenite {

/// Counts up when a member goes or changes its meaning; new ones may come at any time.
inline constexpr unsigned kReportSchemaVersion = 1;
inline constexpr const char* kReportSchema = "arenite-report";

/// The most a stack takes up; frames that do not fit are counted in `frames_left_out`.
inline constexpr std::size_t kStackJsonBytes = 56 << 10;

void print_json(const Report& report, const FrameNames& names, const Sink& sink);

/// The members `stack` and, if not all frames had room, `frames_left_out`.
void print_stack_json(const Frames& frames, const FrameNames& names, JsonPrinter& to);

}  // namespace arenite
