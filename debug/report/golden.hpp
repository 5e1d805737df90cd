// SPDX-License-Identifier: MIT
// For tests: the parts that the texts of all reports of the fixture have in common.
#pragma once

#include <string>

#include "debug/report/report_fixture.hpp"
#include "debug/report/text.hpp"

namespace arenite::report_fixture {

inline const std::string kRule =
    "=================================================================\n";
inline const std::string kHere =
    "    #0 0x7d0000001234  (/opt/libarenite.so.0+0x1234)\n"
    "    #1 0x000000401136  (/bin/program+0x1136) (BuildId: 4f1d00ff)\n"
    "    #2 0x7e000002724f  (/lib/libc.so.6+0x2724f) (BuildId: 93ac)\n\n";
inline const std::string kAllocated =
    "allocated by thread T0 here:\n"
    "    #0 0x7d0000002345  (/opt/libarenite.so.0+0x2345)\n"
    "    #1 0x000000401100  (/bin/program+0x1100) (BuildId: 4f1d00ff)\n"
    "    #2 0x7e000002724f  (/lib/libc.so.6+0x2724f) (BuildId: 93ac)\n\n";
inline const std::string kFreed =
    "freed by thread T1 here:\n"
    "    #0 0x7d0000003456  (/opt/libarenite.so.0+0x3456)\n"
    "    #1 0x000000401121  (/bin/program+0x1121) (BuildId: 4f1d00ff)\n"
    "    #2 0x000000012344  (<unknown module>)\n\n"
    "previously ";
inline const std::string kCulprit = " (/bin/program+0x1136) (BuildId: 4f1d00ff)\n";
inline const std::string kAgain =
    "arenite: to see it again: ARENITE_OPTIONS=mode=debug:guard_bytes=16:seed=77 PROGRAM\n";
inline const std::string kStop =
    "arenite: to stop at this allocation: "
    "ARENITE_OPTIONS=mode=debug:guard_bytes=16:seed=77:break_serial=42 gdb --args PROGRAM\n";

inline std::string block_line(const std::string& families) {
  return "arenite: the block: serial 42, from " + families +
         "; with what guards it: [0x7f0000001030,0x7f0000001060)\n";
}
inline const std::string kMallocBlock = block_line("malloc, goes back to free");

inline std::string region(const std::string& address, const std::string& where) {
  return address + " is located " + where + " 10-byte region [0x7f0000001040,0x7f000000104a)\n";
}

inline std::string text_of(const Report& report, Ending ending = Ending::goes_on) {
  Kept kept;
  print_text(report, kMadeUpNames, ending, kept.sink());
  return kept.text();
}

}  // namespace arenite::report_fixture
