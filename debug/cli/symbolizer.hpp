// SPDX-License-Identifier: MIT
// Names to code: function, file, line and column of a place in a module, from the module's debug
// information or its symbols (elfutils). Keeps what it has opened and found. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace arenite::cli {

struct SourcePlace {
  std::string function;  ///< demangled; never empty
  std::string file;      ///< empty: not known
  int line = 0;          ///< 0: not known
  int column = 0;        ///< 0: not known
};

struct Symbolized {
  /// The innermost inlined function first, the function that has code of its own last. Empty:
  /// nothing is known.
  std::vector<SourcePlace> places;
  /// Why nothing may be said, where there would have been something; or empty.
  std::string note;
};

class Symbolizer {
 public:
  Symbolizer();
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  /// `offset`: an address in the terms of the file's own headers. `build_id`: in hexadecimal, or
  /// empty for no check. What cannot be opened or read is not known; never throws but bad_alloc.
  const Symbolized& look_up(const std::string& module, std::uint64_t offset,
                            const std::string& build_id);

 private:
  class Module;

  std::map<std::string, std::unique_ptr<Module>> modules_;
  std::map<std::pair<Module*, std::pair<std::uint64_t, std::string>>, Symbolized> found_;
};

}  // namespace arenite::cli
