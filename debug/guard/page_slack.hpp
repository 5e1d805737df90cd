// SPDX-License-Identifier: MIT
// Whether bytes are guard bytes, 64 at a time: a small block leaves most of a page to be looked at
// each time one is freed. Pure.
#pragma once

#include <emmintrin.h>

#include <cstddef>

#include "debug/fill/fill.hpp"

namespace arenite {

/// The address of the first byte that is not kGuardByte; 0 if there is none.
inline Address first_changed_slack(Extent bytes) {
  const __m128i guard = _mm_set1_epi8(static_cast<char>(kGuardByte));
  Address at = bytes.begin;
  for (; at + 64 <= bytes.end; at += 64) {
    const auto* words = reinterpret_cast<const __m128i*>(at);
    const __m128i same =
        _mm_and_si128(_mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(words), guard),
                                    _mm_cmpeq_epi8(_mm_loadu_si128(words + 1), guard)),
                      _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(words + 2), guard),
                                    _mm_cmpeq_epi8(_mm_loadu_si128(words + 3), guard)));
    if (_mm_movemask_epi8(same) != 0xFFFF) break;
  }
  return first_unlike({at, bytes.end}, kGuardByte);
}

}  // namespace arenite
