// SPDX-License-Identifier: MIT
#include "debug/cli/command_line.hpp"

#include <map>

namespace arenite::cli {

void add_source(CommandOptions& sub, Source& source) {
  CommandOptions group = sub.add_group("source", "what to look at; one of");
  group.add_option("--pid", source.pid, "a process").positive();
  group.add_option("--core", source.core, "a core file");
  group.add_option("--snapshot", source.snapshot, "a file that `arenite snapshot` wrote");
  group.require_one();
}

void add_format(CommandOptions& sub, Format& format, std::initializer_list<Format> formats) {
  static const std::map<Format, std::string> kNames{
      {Format::text, "text"}, {Format::json, "json"}, {Format::sarif, "sarif"}};
  std::map<std::string, Format> allowed;
  std::string listed;
  for (const Format one : formats) {
    allowed[kNames.at(one)] = one;
    listed += (listed.empty() ? "" : "|") + kNames.at(one);
  }
  sub.add_choice("--format", format, "of what is printed; text if not given", allowed)
      .value_text(listed);
}

void add_snapshot(CommandLine& line) {
  struct Request {
    Source source;
    Format format = Format::text;
    std::string output;
    bool full = false;
  };
  auto [sub, request] = line.add<Request>(
      "snapshot", "Save a heap's state to a file",
      [](const Request& asked) {
        return take_snapshot(asked.source, asked.output, asked.full, asked.format);
      },
      "  arenite snapshot --pid 4711 -o now.arn\n"
      "  arenite snapshot --pid 4711 -o all.arn --full   for leaks, refs, path too\n");
  add_source(sub, request.source);
  add_format(sub, request.format);
  sub.add_option("-o,--output", request.output, "the file to write").required();
  sub.add_flag(
      "--full", request.full,
      "with the contents of blocks, globals and stacks, which leaks, refs and path follow");
}

void add_whatis(CommandLine& line) {
  struct Request {
    Source source;
    Format format = Format::text;
    std::string address;
  };
  auto [sub, request] = line.add<Request>(
      "whatis", "Say what lies at an address",
      [](const Request& asked) { return whatis(asked.source, asked.address, asked.format); },
      "  arenite whatis 0x7f3b2c010040 --pid 4711\n");
  sub.add_option("address", request.address, "in hexadecimal").required();
  add_source(sub, request.source);
  add_format(sub, request.format);
}

}  // namespace arenite::cli
