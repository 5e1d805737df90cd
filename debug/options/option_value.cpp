// SPDX-License-Identifier: MIT
#include "debug/options/option_value.hpp"

#include <bit>

#include "debug/options/nearest.hpp"

namespace arenite {
namespace {

constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};
constexpr std::uint64_t kBillion = 1'000'000'000;
constexpr unsigned kDecimals = 9;
constexpr std::string_view kOn[] = {"on", "1", "yes", "true"};
constexpr std::string_view kOff[] = {"off", "0", "no", "false"};

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool one_of(std::string_view value, std::span<const std::string_view> words) {
  for (const std::string_view word : words)
    if (word == value) return true;
  return false;
}

/// Whether `value` is a number of 64 bits, with digits only.
bool parse_number(std::string_view value, std::uint64_t& number) {
  if (value.empty()) return false;
  number = 0;
  for (const char byte : value)
    if (!is_digit(byte) || __builtin_mul_overflow(number, std::uint64_t{10}, &number) ||
        __builtin_add_overflow(number, static_cast<std::uint64_t>(byte - '0'), &number))
      return false;
  return true;
}

bool parse_bytes(std::string_view value, std::uint64_t& bytes) {
  if (value.empty()) return false;
  unsigned shift = 0;
  // Either case, as every other tool takes it.
  switch (value.back() | 0x20) {
    case 'k':
      shift = 10;
      break;
    case 'm':
      shift = 20;
      break;
    case 'g':
      shift = 30;
      break;
    default:
      break;
  }
  if (shift != 0) value.remove_suffix(1);
  return parse_number(value, bytes) &&
         !__builtin_mul_overflow(bytes, std::uint64_t{1} << shift, &bytes);
}

/// A fraction in billionths: 0, 1, .5, 0.25, 1.0
bool parse_part(std::string_view value, std::uint64_t& billionths) {
  const std::size_t point = value.find('.');
  const std::string_view before = first_bytes(value, point);
  std::string_view behind;
  if (point != std::string_view::npos) {
    behind = value;
    behind.remove_prefix(point + 1);
  }
  std::uint64_t whole = 0, fraction = 0;
  if (before.empty() && behind.empty()) return false;
  if (!before.empty() && !parse_number(before, whole)) return false;
  if (behind.size() > kDecimals || (!behind.empty() && !parse_number(behind, fraction)))
    return false;
  for (std::size_t i = behind.size(); i < kDecimals; ++i) fraction *= 10;
  if (whole > 1 || (whole == 1 && fraction > 0)) return false;
  billionths = whole * kBillion + fraction;
  return true;
}

OptionText& begin_complaint(const OptionRow& row, std::string_view value, OptionText& complaint) {
  complaint << row.name << ": ";
  return complaint.quote(value);
}

void read_flag(const OptionRow& row, std::string_view value, Options& options,
               OptionText& complaint) {
  if (one_of(value, kOn))
    options.*row.flag = true;
  else if (one_of(value, kOff))
    options.*row.flag = false;
  else
    begin_complaint(row, value, complaint) << " is none of on, off, 1, 0, yes, no, true, false";
}

void read_number(const OptionRow& row, std::string_view value, Options& options,
                 OptionText& complaint) {
  std::uint64_t number = 0;
  const bool parsed =
      row.kind == OptionKind::bytes ? parse_bytes(value, number) : parse_number(value, number);
  const bool power = row.kind == OptionKind::power_of_two;
  if (parsed && row.kind == OptionKind::capped && number > row.most) {
    complaint << row.name << ": " << number << " is capped at " << row.most;
    number = row.most;
  } else if (!parsed || number < row.least || number > row.most ||
             (power && !std::has_single_bit(number))) {
    begin_complaint(row, value, complaint)
        << (power ? " is not a power of two from " : " is not a number from ") << row.least
        << " to " << row.most;
    return;
  }
  // `most` is a multiple itself wherever there is one.
  options.*row.number = (number + row.multiple - 1) / row.multiple * row.multiple;
}

/// The index of `value` among the row's words, or their number, with a complaint.
unsigned read_word(const OptionRow& row, std::string_view value, OptionText& complaint) {
  unsigned index = 0;
  while (index < row.words.size() && row.words[index] != value) ++index;
  if (index < row.words.size()) return index;
  begin_complaint(row, value, complaint) << " is none of ";
  Nearest nearest(value);
  const char* between = "";
  for (const std::string_view word : row.words) {
    complaint << between << word;
    between = ", ";
    nearest.offer(word);
  }
  if (!nearest.word().empty()) (complaint << "; did you mean ").quote(nearest.word()) << "?";
  return index;
}

void read_on_error(const OptionRow& row, std::string_view value, Options& options,
                   OptionText& complaint) {
  constexpr std::string_view kExit = "exit=";
  std::uint64_t code = Options{}.exit_code;
  std::string_view word = value;
  if (value.starts_with(kExit)) {
    std::string_view number = value;
    number.remove_prefix(kExit.size());
    if (!parse_number(number, code) || code > row.most) {
      begin_complaint(row, value, complaint)
          << ": what follows exit= is not a number from " << row.least << " to " << row.most;
      return;
    }
    word = "exit";
  }
  const unsigned index = read_word(row, word, complaint);
  if (index >= row.words.size()) return;
  row.choose(options, index);
  options.*row.number = code;
}

void read_text(const OptionRow& row, std::string_view value, Options& options,
               OptionText& complaint) {
  char text[Options::kTextBytes];
  std::size_t size = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size() && (value[i + 1] == ':' || value[i + 1] == '\\'))
      ++i;
    if (size + 1 == sizeof text || value[i] == '\0') {
      begin_complaint(row, value, complaint);
      if (value[i] == '\0')
        complaint << " has a NUL byte in it";
      else
        complaint << " is longer than " << sizeof text - 1 << " bytes";
      return;
    }
    text[size++] = value[i];
  }
  // To the end, so that equal options are equal to the byte.
  for (std::size_t i = 0; i < sizeof text; ++i) (options.*row.text)[i] = i < size ? text[i] : '\0';
}

void read_sizes(const OptionRow& row, std::string_view value, Options& options,
                OptionText& complaint) {
  const std::size_t dash = value.find('-');
  std::string_view first = value, last = value;
  if (dash != std::string_view::npos) {
    first = first_bytes(value, dash);
    last.remove_prefix(dash + 1);
  }
  std::uint64_t least = 0, most = kUnbounded;
  if ((first.empty() && last.empty()) || (!first.empty() && !parse_bytes(first, least)) ||
      (!last.empty() && !parse_bytes(last, most)))
    begin_complaint(row, value, complaint) << " is not MIN-MAX, MIN-, -MAX or one size, in bytes";
  else if (least > most)
    begin_complaint(row, value, complaint) << " holds no size";
  else {
    options.size_min = least;
    options.size_max = most;
  }
}

void read_part(const OptionRow& row, std::string_view value, Options& options,
               OptionText& complaint) {
  std::uint64_t billionths = 0;
  if (parse_part(value, billionths))
    options.*row.part = static_cast<double>(billionths) / static_cast<double>(kBillion);
  else
    begin_complaint(row, value, complaint)
        << " is not a number from 0 to 1 with at most 9 decimals";
}

void print_text(std::string_view text, OptionText& to) {
  for (const char byte : text) {
    if (byte == ':' || byte == '\\') to.put('\\');
    to.put(byte);
  }
}

void print_part(double part, OptionText& to) {
  const double billionths = part * static_cast<double>(kBillion) + 0.5;
  // Written so that what is no number counts as 0.
  const std::uint64_t left =
      billionths >= 0 && billionths <= 2e9 ? static_cast<std::uint64_t>(billionths) : 0;
  to << left / kBillion;
  std::uint64_t fraction = left % kBillion;
  if (fraction == 0) return;
  to.put('.');
  for (std::uint64_t place = kBillion / 10; fraction != 0; place /= 10) {
    to << fraction / place;
    fraction %= place;
  }
}

}  // namespace

void read_option_value(const OptionRow& row, std::string_view value, Options& options,
                       OptionText& complaint) {
  switch (row.kind) {
    case OptionKind::flag:
      return read_flag(row, value, options, complaint);
    case OptionKind::number:
    case OptionKind::power_of_two:
    case OptionKind::bytes:
    case OptionKind::capped:
      return read_number(row, value, options, complaint);
    case OptionKind::choice:
      if (const unsigned word = read_word(row, value, complaint); word < row.words.size())
        row.choose(options, word);
      return;
    case OptionKind::on_error:
      return read_on_error(row, value, options, complaint);
    case OptionKind::text:
      return read_text(row, value, options, complaint);
    case OptionKind::sizes:
      return read_sizes(row, value, options, complaint);
    case OptionKind::part:
      return read_part(row, value, options, complaint);
  }
}

void print_option_value(const OptionRow& row, const Options& options, OptionText& to) {
  switch (row.kind) {
    case OptionKind::flag:
      to << (options.*row.flag ? kOn[0] : kOff[0]);
      return;
    case OptionKind::number:
    case OptionKind::power_of_two:
    case OptionKind::bytes:
    case OptionKind::capped:
      to << options.*row.number;
      return;
    case OptionKind::choice:
      to << row.words[row.chosen(options)];
      return;
    case OptionKind::on_error:
      to << row.words[row.chosen(options)];
      if (options.on_error == OnError::exit) to << "=" << options.*row.number;
      return;
    case OptionKind::text:
      print_text(options.*row.text, to);
      return;
    case OptionKind::sizes:
      to << options.size_min << "-";
      if (options.size_max != kUnbounded) to << options.size_max;
      return;
    case OptionKind::part:
      print_part(options.*row.part, to);
      return;
  }
}

void print_option_form(const OptionRow& row, OptionText& to) {
  if (!row.form.empty()) {
    to << row.form;
    return;
  }
  const char* between = "";
  for (const std::string_view word : row.words) {
    to << between << word;
    between = "|";
  }
}

}  // namespace arenite
