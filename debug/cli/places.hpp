// SPDX-License-Identifier: MIT
// Addresses in the words of a command line: read, and said what they lie in besides the heaps.
#pragma once

#include <string>

#include "debug/target/process_facts.hpp"

namespace arenite::cli {

/// In hexadecimal, with or without 0x. False if it is none.
bool parse_address(const std::string& text, Address& at);

struct MappedPlace {
  const Mapping* mapping = nullptr;  ///< null: nothing is mapped there
  std::string name;                  ///< "the stack of thread 4711", "data of /bin/program"
  std::string text;                  ///< the same, with the offset
};

MappedPlace place_in_mappings(Address at, const ProcessFacts& facts);

}  // namespace arenite::cli
