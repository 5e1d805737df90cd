// SPDX-License-Identifier: MIT
#include "debug/report/facts_text.hpp"

#include <algorithm>

#include "debug/report/names.hpp"

namespace arenite {
namespace {

constexpr std::size_t kSettingsBytes = 4096;
constexpr std::size_t kRowBytes = 16;

/// What the report knows of the byte at an address.
struct Shown {
  bool known = false;
  std::uint8_t byte = 0;
  ByteKind kind = ByteKind::unknown;
};

Shown byte_at(const Surroundings& around, Address at) {
  const std::size_t count = std::min(around.count, Surroundings::kBytes);
  if (at < around.begin || at - around.begin >= count) return {};
  const std::size_t i = at - around.begin;
  return {true, around.bytes[i], around.kinds[i]};
}

void print_byte(const Shown& shown, Printer& to) {
  if (!shown.known) {
    to << "  ";
  } else if (shown.kind == ByteKind::unreadable) {
    to << "--";
  } else {
    to.byte_in_hex(shown.byte);
  }
}

/// Brackets take the place of the blanks between bytes, so that columns stay in line.
char gap_before(Address at, Address bad) {
  if (at == bad) return '[';
  return at == bad + 1 ? ']' : ' ';
}

void print_row(const Surroundings& around, Address row, Address bad, Printer& to) {
  const bool has_bad = bad - row < kRowBytes;
  to << (has_bad ? "=>" : "  ") << Pointer{row} << ':';
  for (Address at = row; at < row + kRowBytes; ++at) {
    to << (at == row && at != bad ? ' ' : gap_before(at, bad));
    print_byte(byte_at(around, at), to);
  }
  to << (bad == row + kRowBytes - 1 ? ']' : ' ') << ' ';
  const Address last = std::min(row + kRowBytes, around.begin + around.count);
  for (Address at = row; at < last; ++at) {
    const Shown shown = byte_at(around, at);
    const char letter = shown.known ? kind_letter(shown.kind) : ' ';
    if (at == bad) {
      to << '[' << letter << ']';
    } else {
      to << letter;
    }
  }
  to << '\n';
}

void print_neighbour(const char* which, const ReportedBlock& block, Address bad, Printer& to) {
  if (!block.known) return;
  const BlockFacts& facts = block.facts;
  const Address end = facts.begin + facts.size;
  to << "arenite: the block " << which << ": " << facts.size << " bytes at " << Pointer{facts.begin}
     << ", ";
  if (bad >= end) {
    to << bad - end << " bytes before the bad address";
  } else if (bad < facts.begin) {
    to << facts.begin - bad << " bytes behind the bad address";
  } else {
    to << "around the bad address";
  }
  to << ", serial " << facts.serial << ", " << state_name(facts.state) << ", from "
     << allocator_name(facts.family) << " in thread T" << facts.allocated_by << '\n';
}

bool has_seed(std::string_view settings) {
  constexpr std::string_view kKey = "seed=";
  for (std::size_t i = 0; i + kKey.size() <= settings.size(); ++i)
    if ((i == 0 || settings[i - 1] == ':') &&
        std::string_view(settings.data() + i, kKey.size()) == kKey)
      return true;
  return false;
}

bool is_plain(char byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  const bool digit = byte >= '0' && byte <= '9';
  return letter || digit || std::string_view("_-+.,:=/%@").find(byte) != std::string_view::npos;
}

/// A word as a shell takes it.
void print_quoted(std::string_view text, Printer& to) {
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    to << text;
    return;
  }
  to << '\'';
  for (const char byte : text) {
    if (byte == '\'') {
      to << "'\\''";
    } else {
      print_on_one_line({&byte, 1}, to);
    }
  }
  to << '\'';
}

bool is_of_bytes(Fault fault) {
  return fault == Fault::heap_buffer_overflow || fault == Fault::heap_buffer_underflow ||
         fault == Fault::heap_use_after_free;
}

}  // namespace

void print_finding(const Report& report, Printer& to) {
  to << "arenite: found by mode=" << report.mode << ": " << fault_sentence(report);
  if (is_of_bytes(report.fault)) {
    to << (report.access == Access::none   ? " were changed"
           : report.access == Access::read ? " were read"
                                           : " were written");
    if (report.access == Access::none) to << ", seen";
  } else if (report.operation[0] != '\0') {
    to << ',';
  }
  if (report.operation[0] != '\0') to << " by " << report.operation;
  const std::string_view detail = cut_at(report.detail, sizeof report.detail);
  if (!detail.empty()) {
    to << "; ";
    print_on_one_line(detail, to);
  }
  to << '\n';
}

void print_surroundings(const Report& report, Printer& to) {
  const Surroundings& around = report.surroundings;
  if (around.count == 0) return;
  to << "arenite: memory around " << Pointer{report.address} << ":\n";
  const Address end = around.begin + std::min(around.count, Surroundings::kBytes);
  for (Address row = around.begin & ~(kRowBytes - 1); row < end; row += kRowBytes)
    print_row(around, row, report.address, to);
  to << "  u: of a live block  g: guard  s: slack between block and guard  f: of a freed block"
        "  -: not readable  ?: not known\n";
}

void print_blocks(const Report& report, Printer& to) {
  if (report.block.known) {
    const BlockFacts& facts = report.block.facts;
    to << "arenite: the block: serial " << facts.serial << ", from " << allocator_name(facts.family)
       << ", goes back to " << releaser_name(facts.family) << "; with what guards it: ["
       << Pointer{facts.outer_begin} << ',' << Pointer{facts.outer_end} << ")\n";
  }
  print_neighbour("before", report.before, report.address, to);
  print_neighbour("behind", report.behind, report.address, to);
}

void print_environment(const char* settings, std::uint64_t seed, std::uint64_t break_serial,
                       Printer& to) {
  const std::string_view text = cut_at(settings, kSettingsBytes);
  to << "ARENITE_OPTIONS=";
  print_quoted(text, to);
  if (!has_seed(text)) to << (text.empty() ? "" : ":") << "seed=" << seed;
  if (break_serial != 0) to << ":break_serial=" << break_serial;
}

void print_rerun(const Report& report, Printer& to) {
  const std::string_view program = cut_at(report.program, kSettingsBytes);
  to << "arenite: to see it again: ";
  print_environment(report.settings, report.seed, 0, to);
  to << ' ' << program << '\n';
  if (!report.block.known || report.block.facts.serial == 0) return;
  to << "arenite: to stop at this allocation: ";
  print_environment(report.settings, report.seed, report.block.facts.serial, to);
  to << " gdb --args " << program << '\n';
}

}  // namespace arenite
