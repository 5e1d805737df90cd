// SPDX-License-Identifier: MIT
// Puts names into raw reports, line by line, text and JSON; lines of any other kind pass as they
// are. Keeps the state of the report it is in: frames are numbered anew where inlined functions
// come in, and the SUMMARY is that of the stack that came first.
#pragma once

#include <string>
#include <string_view>

#include "debug/cli/symbolizer.hpp"

namespace arenite::cli {

class NamedReport {
 public:
  /// A line without its newline becomes one or more, each with its newline.
  std::string line(std::string_view raw);

 private:
  struct Frame;

  static bool parse(std::string_view line, Frame& frame);
  std::string name_frame(const Frame& frame);
  std::string name_summary(std::string_view raw) const;

  Symbolizer symbolizer_;
  unsigned next_number_ = 0;
  /// What the SUMMARY is to say of the first stack; empty: it stays raw.
  std::string culprit_;
  bool in_first_stack_ = false;
  bool culprit_is_certain_ = false;
};

}  // namespace arenite::cli
