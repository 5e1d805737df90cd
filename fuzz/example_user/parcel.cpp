// SPDX-License-Identifier: MIT
// Three bugs are planted, each behind a macro: EXAMPLE_OVERFLOW writes a byte behind a block,
// EXAMPLE_LEAK loses one, EXAMPLE_HUGE asks for as much as the input says.
#include "parcel.hpp"

#include <cstring>

namespace {

constexpr int kMaxDepth = 4;

char* copy(const char* text, std::size_t length) {
  char* made = new char[length + 1];
  std::memcpy(made, text, length);
  made[length] = '\0';
  return made;
}

}  // namespace

Parcel::~Parcel() {
  for (char* name : names_) delete[] name;
  for (char* path : paths_) delete[] path;
  for (char* blob : blobs_) delete[] blob;
  for (const Setting& setting : settings_) {
    delete[] setting.key;
    delete[] setting.value;
  }
}

bool Parcel::read(const std::uint8_t* bytes, std::size_t size) {
  if (size < 4 || bytes[0] != 'S' || bytes[1] != 'N' || bytes[2] != 'D' || bytes[3] != '1')
    return false;
  return read_records(bytes + 4, size - 4, 0);
}

bool Parcel::read_records(const std::uint8_t* bytes, std::size_t size, int depth) {
  if (depth > kMaxDepth) return false;
  while (size >= 2) {
    const std::size_t length = bytes[1];
    if (length > size - 2) return false;
    if (!read_record(bytes[0], reinterpret_cast<const char*>(bytes + 2), length, depth))
      return false;
    bytes += 2 + length;
    size -= 2 + length;
  }
  return size == 0;
}

bool Parcel::read_record(std::uint8_t tag, const char* payload, std::size_t length, int depth) {
  switch (tag) {
    case 'n':
      names_.push_back(copy(payload, length));
      return true;
    case 'j':
      join();
      return true;
    case 's':
      return set(payload, length);
    case 'b':
      return load(payload, length);
    case 'g':
      return read_records(reinterpret_cast<const std::uint8_t*>(payload), length, depth + 1);
    default:
      return false;
  }
}

void Parcel::join() {
  if (names_.size() < 2) return;
  std::size_t bytes = names_.size() - 1;  // separators
  for (const char* name : names_) bytes += std::strlen(name);
#ifndef EXAMPLE_OVERFLOW
  ++bytes;  // for the \0
#endif
  char* path = new char[bytes];
  char* to = path;
  for (char* name : names_) {
    if (to != path) *to++ = '/';
    const std::size_t length = std::strlen(name);
    std::memcpy(to, name, length);
    to += length;
    delete[] name;
  }
  *to = '\0';
  names_.clear();
  paths_.push_back(path);
}

bool Parcel::set(const char* payload, std::size_t length) {
  const void* equals = std::memchr(payload, '=', length);
  if (equals == nullptr) return false;
  const auto key_length = static_cast<std::size_t>(static_cast<const char*>(equals) - payload);
  const std::size_t value_length = length - key_length - 1;
  char* key = copy(payload, key_length);
  if (value_length == 0) {
#ifndef EXAMPLE_LEAK
    delete[] key;
#endif
    return false;
  }
  settings_.push_back({key, copy(payload + key_length + 1, value_length)});
  return true;
}

bool Parcel::load(const char* payload, std::size_t length) {
  if (length < 3) return false;
  const auto* digits = reinterpret_cast<const std::uint8_t*>(payload);
  const std::size_t promised =
      std::size_t{digits[0]} << 16 | std::size_t{digits[1]} << 8 | digits[2];
#ifndef EXAMPLE_HUGE
  if (promised != length - 3) return false;
#endif
  char* blob = new char[promised];
  blobs_.push_back(blob);
  if (promised != length - 3) return false;
  std::memcpy(blob, payload + 3, promised);
  return true;
}
