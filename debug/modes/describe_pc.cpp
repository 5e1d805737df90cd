// SPDX-License-Identifier: MIT
#include "debug/modes/describe_pc.hpp"

#include <cstdint>

namespace arenite {
namespace {

class Line {
 public:
  Line(char* to, std::size_t capacity) : to_(to), left_(capacity - 1) {}
  ~Line() {
    to_[0] = '\0';
    if (left_ > 0) to_[1] = '\0';
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void put(char byte) {
    if (left_ == 0) return;
    *to_++ = byte;
    --left_;
  }

  void text(const char* bytes) {
    while (*bytes != '\0') put(*bytes++);
  }

  void hex(Address number) {
    text("0x");
    unsigned shift = 60;
    while (shift > 0 && (number >> shift) == 0) shift -= 4;
    for (;; shift -= 4) {
      put("0123456789abcdef"[(number >> shift) & 15]);
      if (shift == 0) return;
    }
  }

 private:
  char* to_;
  std::size_t left_;
};

const char* file_name(const char* path) {
  const char* name = path;
  for (; *path != '\0'; ++path)
    if (*path == '/') name = path + 1;
  return name;
}

void place_in_module(Line& line, const PlaceOfPc& place, const char* module) {
  line.put('(');
  line.text(module);
  line.put('+');
  line.hex(place.offset);
  line.put(')');
}

void directive(Line& line, const PlaceOfPc& place, char letter) {
  const bool known = place.module != nullptr;
  switch (letter) {
    case '%':
      return line.put('%');
    case 'p':
      return line.hex(place.pc);
    case 'm':
      return line.text(known ? place.module : "??");
    case 'o':
      return line.hex(place.offset);
    case 'F':
      return line.text("in ??");
    case 'L':
    case 'S':
      return known ? place_in_module(line, place, place.module) : line.text("(<unknown module>)");
    case 'M':
      return known ? place_in_module(line, place, file_name(place.module)) : line.hex(place.pc);
    default:
      return line.text("??");
  }
}

}  // namespace

void describe_pc(const PlaceOfPc& place, const char* format, char* to, std::size_t bytes) {
  if (bytes == 0) return;
  Line line(to, bytes);
  for (const char* at = format; *at != '\0'; ++at) {
    if (*at != '%' || at[1] == '\0') {
      line.put(*at);
    } else {
      directive(line, place, *++at);
    }
  }
}

}  // namespace arenite
