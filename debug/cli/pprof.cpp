// SPDX-License-Identifier: MIT
#include "debug/cli/pprof.hpp"

#include <zlib.h>

#include <stdexcept>

namespace arenite::cli {
namespace {

/// Fields of the messages, by their numbers in profile.proto.
enum ProfileField : unsigned {
  kSampleType = 1,
  kSample = 2,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kPeriodType = 11,
  kPeriod = 12,
};

void put_varint(std::string& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to += static_cast<char>(number | 0x80);
  to += static_cast<char>(number);
}

/// Zero is what a field has that is not there.
void put_number(std::string& to, unsigned field, std::uint64_t number) {
  if (number == 0) return;
  put_varint(to, field << 3);
  put_varint(to, number);
}

void put_bytes(std::string& to, unsigned field, const std::string& bytes) {
  put_varint(to, field << 3 | 2);
  put_varint(to, bytes.size());
  to += bytes;
}

}  // namespace

Profile::Profile(const std::vector<std::pair<std::string, std::string>>& values) {
  text("");
  for (const auto& [name, unit] : values) {
    std::string type;
    put_number(type, 1, text(name));
    put_number(type, 2, text(unit));
    put_bytes(value_types_, kSampleType, type);
  }
}

std::uint64_t Profile::text(const std::string& text) {
  const auto [known, added] = texts_.try_emplace(text, table_.size());
  if (added) table_.push_back(text);
  return known->second;
}

std::uint64_t Profile::function(const ProfileFrame& frame) {
  const auto [known, added] =
      function_ids_.try_emplace({frame.function, frame.file}, function_ids_.size() + 1);
  if (added) {
    std::string message;
    put_number(message, 1, known->second);
    put_number(message, 2, text(frame.function));
    put_number(message, 3, text(frame.function));
    put_number(message, 4, text(frame.file));
    put_bytes(functions_, kFunction, message);
  }
  return known->second;
}

std::uint64_t Profile::location(const ProfileFrame& frame) {
  const std::uint64_t of = function(frame);
  const auto [known, added] =
      location_ids_.try_emplace({of, frame.address, frame.line}, location_ids_.size() + 1);
  if (added) {
    std::string line, message;
    put_number(line, 1, of);
    put_number(line, 2, static_cast<std::uint64_t>(frame.line));
    put_number(message, 1, known->second);
    put_number(message, 3, frame.address);
    put_bytes(message, 4, line);
    put_bytes(locations_, kLocation, message);
  }
  return known->second;
}

void Profile::add(const std::vector<ProfileFrame>& frames,
                  const std::vector<std::int64_t>& values) {
  std::string ids, numbers, sample;
  for (const ProfileFrame& frame : frames) put_varint(ids, location(frame));
  for (const std::int64_t value : values) put_varint(numbers, static_cast<std::uint64_t>(value));
  put_bytes(sample, 1, ids);
  put_bytes(sample, 2, numbers);
  put_bytes(samples_, kSample, sample);
}

std::string Profile::bytes(std::uint64_t time_ns) {
  std::string period_type;
  put_number(period_type, 1, text("space"));
  put_number(period_type, 2, text("bytes"));
  std::string all = value_types_ + samples_ + locations_ + functions_;
  for (const std::string& one : table_) put_bytes(all, kStringTable, one);
  put_number(all, kTimeNanos, time_ns);
  put_bytes(all, kPeriodType, period_type);
  put_number(all, kPeriod, 1);
  return all;
}

std::string gzipped(const std::string& bytes) {
  constexpr int kGzipHeader = 16, kWindowBits = 15, kMemoryLevel = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowBits + kGzipHeader,
                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib cannot begin");
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int end = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (end != Z_STREAM_END) throw std::runtime_error("zlib cannot end");
  return packed;
}

}  // namespace arenite::cli
