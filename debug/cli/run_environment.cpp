// SPDX-License-Identifier: MIT
#include "debug/cli/run_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "debug/memory/cannot_tell.hpp"
#include "debug/options/option_table.hpp"
#include "debug/options/option_value.hpp"

namespace arenite::cli {
namespace {

namespace fs = std::filesystem;

/// What ARENITE_LIBRARY names, or the library that was built or installed with this program.
fs::path find_library() {
  std::error_code failed;
  if (const char* named = std::getenv("ARENITE_LIBRARY"); named != nullptr && *named != '\0') {
    const fs::path library = fs::absolute(named, failed);
    if (fs::is_regular_file(library, failed)) return library;
    throw CannotTell(fmt::format("ARENITE_LIBRARY is {}, which is no file", named));
  }
  const fs::path above = fs::read_symlink("/proc/self/exe", failed).parent_path().parent_path();
  for (const char* folder : {"lib", "lib/x86_64-linux-gnu", "lib64"})
    for (const char* name : {"libarenite.so", "libarenite.so.0"})
      if (fs::is_regular_file(above / folder / name, failed)) return above / folder / name;
  throw CannotTell("libarenite.so is not in " + (above / "lib").string() +
                   "; name it in ARENITE_LIBRARY");
}

std::string preload() {
  const std::string library = find_library().string();
  // The loader takes blanks and colons in LD_PRELOAD for separators.
  if (library.find_first_of(" :") != std::string::npos)
    throw CannotTell("the path of the library, " + library + ", has a blank or a colon in it");
  const char* former = std::getenv("LD_PRELOAD");
  return former != nullptr && *former != '\0' ? library + ":" + former : library;
}

/// As it stands between '=' and ':'. Only text may hold what needs escaping.
std::string escaped(const OptionRow& row, const std::string& value) {
  std::string text;
  for (const char byte : value) {
    if (row.kind == OptionKind::text && (byte == ':' || byte == '\\')) text += '\\';
    text += byte;
  }
  return text;
}

bool names_symbolizer(const std::string& options) {
  Options read;
  read_options(options, read, nullptr, nullptr);
  return read.symbolizer[0] != '\0';
}

}  // namespace

std::string with_option(std::string options, const std::string& key, const std::string& value) {
  // A backslash at the end stands for itself, and would keep the colon from being one.
  bool escapes = false;
  for (const char byte : options) escapes = byte == '\\' && !escapes;
  if (escapes) options += '\\';
  if (!options.empty()) options += ':';
  return options + key + "=" + escaped(*find_option(key), value);
}

RunEnvironment run_environment(const RunRequest& request) {
  RunEnvironment environment{.preload = preload(), .options = {}};
  std::string& options = environment.options;
  if (const char* former = std::getenv("ARENITE_OPTIONS"); former != nullptr) options = former;
  for (const auto& [key, value] : request.settings) options = with_option(options, key, value);
  std::error_code failed;
  const std::string self = fs::read_symlink("/proc/self/exe", failed).string();
  if (!names_symbolizer(options) && !self.empty() && complaint_about("symbolizer", self).empty())
    options = with_option(options, "symbolizer", self);
  return environment;
}

void RunEnvironment::set() const {
  ::setenv("LD_PRELOAD", preload.c_str(), 1);
  ::setenv("ARENITE_OPTIONS", options.c_str(), 1);
}

std::string complaint_about(const std::string& key, const std::string& value) {
  const OptionRow& row = *find_option(key);
  Options options;
  OptionLine<512> complaint;
  read_option_value(row, escaped(row, value), options, complaint);
  // The library itself tells that it capped a number.
  if (row.kind == OptionKind::capped && options.*row.number == row.most) return "";
  return complaint.c_str();
}

std::string shell_word(const std::string& text) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char byte : text) word += byte == '\'' ? "'\\''" : std::string(1, byte);
  return word + "'";
}

void execute(const std::vector<std::string>& program) {
  std::vector<char*> arguments;
  std::transform(program.begin(), program.end(), std::back_inserter(arguments),
                 [](const std::string& word) { return const_cast<char*>(word.c_str()); });
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
}

}  // namespace arenite::cli
