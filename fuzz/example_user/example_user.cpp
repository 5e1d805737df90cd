// SPDX-License-Identifier: MIT
// A libFuzzer target as any user of Arenite writes it: nothing here knows of Arenite.
#include "parcel.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Parcel parcel;
  parcel.read(bytes, size);
  return 0;
}
