// SPDX-License-Identifier: MIT
// Profiles in pprof's format (github.com/google/pprof, proto/profile.proto), as `go tool pprof` and
// speedscope read them: protocol buffers written by hand, compressed with gzip.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace arenite::cli {

struct ProfileFrame {
  std::string function;
  std::string file;
  std::int64_t line = 0;
  std::uint64_t address = 0;
};

class Profile {
 public:
  /// What each sample's values are: name and unit.
  explicit Profile(const std::vector<std::pair<std::string, std::string>>& values);

  /// `frames`: innermost first.
  void add(const std::vector<ProfileFrame>& frames, const std::vector<std::int64_t>& values);
  /// The message, not compressed.
  std::string bytes(std::uint64_t time_ns);

 private:
  std::uint64_t text(const std::string& text);
  std::uint64_t function(const ProfileFrame& frame);
  std::uint64_t location(const ProfileFrame& frame);

  std::string samples_;
  std::string locations_;
  std::string functions_;
  std::string value_types_;
  std::map<std::string, std::uint64_t> texts_;
  std::vector<std::string> table_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> function_ids_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>, std::uint64_t> location_ids_;
};

/// As gzip has it. Throws std::runtime_error if zlib fails.
std::string gzipped(const std::string& bytes);

}  // namespace arenite::cli
