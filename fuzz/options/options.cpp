// SPDX-License-Identifier: MIT
// The reader of ARENITE_OPTIONS, over any text: it never crashes, complains within its bounds, and
// what it understood, printed, is understood to the same without complaint.
#include "debug/options/options.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "debug/options/option_table.hpp"
#include "fuzz/support/census.hpp"

namespace {

using namespace arenite;

struct Complaints {
  unsigned count = 0;
  std::size_t longest = 0;
};

void take(void* context, const char* line) {
  auto& complaints = *static_cast<Complaints*>(context);
  ++complaints.count;
  complaints.longest = std::max(complaints.longest, std::string_view(line).size());
  for (const char* at = line; *at != '\0'; ++at)
    if (static_cast<unsigned char>(*at) < 0x20 || static_cast<unsigned char>(*at) > 0x7e) {
      std::fprintf(stderr, "options: a complaint holds what a terminal would obey\n");
      std::abort();
    }
}

void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "options: %s\n%s\n", what, text.c_str());
  std::abort();
}

std::string printed(const Options& options) {
  std::string text(std::size_t{1} << 14, '\0');
  text.resize(print_options(options, text.data(), text.size()));
  return text;
}

/// Values are within what the table says of them.
void check_bounds(const Options& options, const std::string& text) {
  for (const OptionRow& row : option_table()) {
    if (row.number == nullptr) continue;
    const std::uint64_t number = options.*row.number;
    require(number >= row.least && number <= row.most + (row.multiple - 1),
            "a number is out of its bounds", text);
    require(number % row.multiple == 0, "a number is no multiple", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::count_input();
  Options options;
  Complaints complaints;
  read_options({reinterpret_cast<const char*>(data), size}, options, take, &complaints);
  const std::string text = printed(options);
  require(complaints.count <= kMaxComplaints + 1, "too many complaints", text);
  check_bounds(options, text);

  Options again;
  Complaints none;
  read_options(text, again, take, &none);
  require(none.count == 0, "complains of what it printed itself", text);
  require(printed(again) == text, "reads another thing than it printed", text);

  // Whatever the room, what is printed is whole keys, and ends.
  char narrow[64];
  const std::size_t room = size % sizeof narrow;
  const std::size_t used = print_options(options, narrow, room);
  require(room == 0 || (used < room && narrow[used] == '\0'), "printed beyond the room", text);
  require(text.compare(0, used, narrow, used) == 0, "printed another thing in less room", text);
  fuzz::count("complaints", complaints.count);
  fuzz::count("understood", text.empty() ? 0 : 1);
  return 0;
}
