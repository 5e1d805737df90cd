// SPDX-License-Identifier: MIT
// What the bits of an operation mean, once for the text form, the canonical form and the executor.
// A field is a stretch of bits in flags, slot or arg; bits that no field of the kind uses are
// cleared on decoding.
#pragma once

#include <cstdint>
#include <span>

#include "proptests/model/operation.hpp"

namespace arenite::model {

enum class Part : std::uint8_t { flags, slot, arg };

/// How a field's number is written: as it is, as 2 to its power, by name, or as a size
/// (size_code.hpp).
enum class Writing : std::uint8_t { number, power, names, size };

struct Field {
  const char* key;
  Part part;
  std::uint8_t shift;
  std::uint8_t bits;
  Writing writing = Writing::number;
  std::span<const char* const> names = {};
};

namespace field {
inline constexpr const char* kFunctions[] = {"free", "reallocate", "usable_size"};
inline constexpr const char* kPlaces[] = {"stack",  "low",    "high", "tables",
                                          "beyond", "before", "host", "root"};

inline constexpr Field slot{"slot", Part::slot, 0, 16};
inline constexpr Field size{"size", Part::arg, 0, 32, Writing::size};
inline constexpr Field alignment{"alignment", Part::flags, 0, 5, Writing::power};
inline constexpr Field thread{"thread", Part::flags, 0, 3};
inline constexpr Field diverted{"diverted", Part::flags, 7, 1};
inline constexpr Field count{"count", Part::flags, 0, 8};
/// One less than the distance between slots that are freed.
inline constexpr Field skip{"skip", Part::arg, 0, 2};
inline constexpr Field backward{"backward", Part::arg, 2, 1};
/// Requests that are still granted before the first refusal, and how many are refused.
inline constexpr Field after{"after", Part::arg, 0, 8};
inline constexpr Field refusals{"refusals", Part::arg, 8, 8};
/// Which function the bad pointer is given to.
inline constexpr Field via{"via", Part::flags, 0, 2, Writing::names, kFunctions};
inline constexpr Field offset{"offset", Part::arg, 0, 24};
inline constexpr Field place{"place", Part::arg, 0, 3, Writing::names, kPlaces};
inline constexpr Field distance{"distance", Part::arg, 8, 12};
/// Behind the last block of the slot's pool, instead of in a pool that is free.
inline constexpr Field tail{"tail", Part::arg, 0, 1};
inline constexpr const char* kTables[] = {"root",    "arenas",  "class_bytes", "pools",
                                          "bitmaps", "threads", "shelves"};
inline constexpr const char* kDamages[] = {"flip", "set", "copy", "count"};
inline constexpr Field table{"table", Part::flags, 0, 3, Writing::names, kTables};
/// A bit flipped, a word set to `value` in each byte, a word from `value` words further on, or half
/// a word set to how many there are of something: an index that is just too large.
inline constexpr Field damage{"damage", Part::flags, 3, 2, Writing::names, kDamages};
inline constexpr Field value{"value", Part::arg, 24, 8};
inline constexpr Field before{"before", Part::flags, 0, 1};
inline constexpr const char* kWrongs[] = {"family", "size", "alignment"};
inline constexpr Field wrong{"wrong", Part::flags, 0, 2, Writing::names, kWrongs};
}  // namespace field

/// The fields of a kind, in the order they are written.
std::span<const Field> fields_of(Kind kind);

std::uint32_t get(const Operation& operation, const Field& field);
void set(Operation& operation, const Field& field, std::uint32_t number);

/// The operation with everything cleared that its kind does not use, and slots below `slots`, a
/// power of two.
Operation canonical(const Operation& operation, std::uint32_t slots);

}  // namespace arenite::model
