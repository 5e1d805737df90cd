// SPDX-License-Identifier: MIT
// The program under test: reads parcels, a small format of length-prefixed records.
//
//   parcel   "SND1" record...
//   record   tag length payload      tag and length a byte each
//     n      a name                  j  joins the names so far to a path, and forgets them
//     s      KEY=VALUE, a setting    g  a group: records
//     b      a blob: how many bytes follow, in three bytes, and they
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct Setting {
  char* key;
  char* value;
};

class Parcel {
 public:
  Parcel() = default;
  ~Parcel();
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;

  /// False if the bytes are no parcel; what was read before stays.
  bool read(const std::uint8_t* bytes, std::size_t size);

 private:
  bool read_records(const std::uint8_t* bytes, std::size_t size, int depth);
  bool read_record(std::uint8_t tag, const char* payload, std::size_t length, int depth);
  void join();
  bool set(const char* payload, std::size_t length);
  bool load(const char* payload, std::size_t length);

  std::vector<char*> names_;
  std::vector<char*> paths_;
  std::vector<char*> blobs_;
  std::vector<Setting> settings_;
};
