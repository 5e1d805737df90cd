// SPDX-License-Identifier: MIT
#include "debug/options/options.hpp"

#include "debug/options/nearest.hpp"
#include "debug/options/option_table.hpp"
#include "debug/options/option_text.hpp"
#include "debug/options/option_value.hpp"

namespace arenite {
namespace {

using Line = OptionLine<512>;
constexpr Options kDefaults;

/// Takes the text before the next ':' off `text`. A backslash keeps what follows it from ending it.
std::string_view take_part(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ':') {
    const bool escape = text[end] == '\\' && end + 1 < text.size() &&
                        (text[end + 1] == ':' || text[end + 1] == '\\');
    end += escape ? 2 : 1;
  }
  const std::string_view part = first_bytes(text, end);
  text.remove_prefix(end < text.size() ? end + 1 : end);
  return part;
}

void complain_of_key(std::string_view key, OptionText& complaint) {
  Nearest nearest(key);
  for (const OptionRow& row : option_table()) nearest.offer(row.name);
  (complaint << "unknown option ").quote(key);
  if (nearest.word().empty())
    complaint << "; help=1 lists all";
  else
    (complaint << "; did you mean ").quote(nearest.word()) << "?";
}

/// One KEY=VALUE.
void read_part(std::string_view part, Options& options, OptionText& complaint) {
  const std::size_t sign = part.find('=');
  const OptionRow* row = find_option(first_bytes(part, sign));
  if (row == nullptr) {
    complain_of_key(first_bytes(part, sign), complaint);
  } else if (sign == std::string_view::npos) {
    complaint << row->name << ": has no value; write " << row->name << "=";
    print_option_form(*row, complaint);
  } else {
    part.remove_prefix(sign + 1);
    read_option_value(*row, part, options, complaint);
  }
}

bool is_default(const OptionRow& row, std::string_view value) {
  OptionLine<kOptionValueBytes> usual;
  print_option_value(row, kDefaults, usual);
  return usual.view() == value;
}

void describe_bounds(const OptionRow& row, OptionText& to) {
  OptionLine<kOptionValueBytes> usual;
  print_option_value(row, kDefaults, usual);
  if (usual.size() > 0) to << " (default " << usual.view();
  if (row.number != nullptr && row.kind != OptionKind::on_error && row.most != ~std::uint64_t{0})
    to << "; " << row.least << " to " << row.most;
  if (usual.size() > 0) to << ")";
}

}  // namespace

void read_options(std::string_view text, Options& options, OptionComplaint complain,
                  void* context) {
  std::uint64_t complaints = 0;
  while (!text.empty()) {
    const std::string_view part = take_part(text);
    if (part.empty()) continue;
    Line complaint;
    read_part(part, options, complaint);
    if (complaint.size() == 0) continue;
    if (++complaints <= kMaxComplaints && complain != nullptr) complain(context, complaint.c_str());
  }
  if (complaints <= kMaxComplaints || complain == nullptr) return;
  Line more;
  more << complaints - kMaxComplaints << " more options were passed over";
  complain(context, more.c_str());
}

void print_option_help(OptionComplaint line, void* context) {
  constexpr std::size_t kColumn = 40;
  line(context, "ARENITE_OPTIONS=KEY=VALUE:KEY=VALUE:...   (\\: stands for a colon in a value)");
  for (const OptionRow& row : option_table()) {
    Line text;
    text << "  " << row.name << "=";
    print_option_form(row, text);
    do text.put(' ');
    while (text.size() < kColumn);
    text << row.meaning;
    describe_bounds(row, text);
    line(context, text.c_str());
  }
}

std::size_t print_options(const Options& options, char* to, std::size_t capacity) {
  if (capacity == 0) return 0;
  OptionText text(to, capacity);
  for (const OptionRow& row : option_table()) {
    OptionLine<kOptionValueBytes> value;
    print_option_value(row, options, value);
    if (is_default(row, value.view())) continue;
    const std::size_t before = text.size();
    text << (before == 0 ? "" : ":") << row.name << "=" << value.view();
    if (!text.cut()) continue;
    text.shrink(before);
    break;
  }
  return text.size();
}

}  // namespace arenite
