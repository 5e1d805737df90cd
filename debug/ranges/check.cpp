// SPDX-License-Identifier: MIT
#include "debug/ranges/check.hpp"

#include <cerrno>

namespace arenite {

constinit RangeCheck detail::range_check;

namespace {

void tell(const char* function, Access access, Address begin, std::size_t bytes, Address bad,
          Fault fault, const BlockFacts& block) {
  const int saved_errno = errno;
  detail::range_check.found({function, access, begin, bytes, bad, block, fault});
  errno = saved_errno;
}

bool find(Address at, BlockFacts& block) {
  const BlockMap& map = detail::range_check.map;
  return map.find(map.context, at, block) && block.state != BlockState::none;
}

bool judge(const char* function, Access access, Address begin, std::size_t bytes,
           const BlockFacts& block) {
  const Address end = block.begin + block.size;
  if (block.state == BlockState::live && begin >= block.begin && begin <= end &&
      bytes <= end - begin) [[likely]]
    return true;
  if (block.state == BlockState::freed)
    tell(function, access, begin, bytes, begin, Fault::heap_use_after_free, block);
  else if (begin < block.begin)
    tell(function, access, begin, bytes, begin, Fault::heap_buffer_underflow, block);
  else
    tell(function, access, begin, bytes, begin > end ? begin : end, Fault::heap_buffer_overflow,
         block);
  return false;
}

}  // namespace

void set_range_check(const RangeCheck& check) {
  detail::range_check = check;
}

void tell_overrun(const char* function, Access access, Address begin, std::size_t bytes,
                  const BlockFacts& block) {
  tell(function, access, begin, bytes, block.begin + block.size, Fault::heap_buffer_overflow,
       block);
}

bool detail::check_range_slowly(const char* function, Access access, Address begin,
                                std::size_t bytes) {
  BlockFacts block;
  return !find(begin, block) || judge(function, access, begin, bytes, block);
}

std::size_t detail::room_slowly(const char* function, Access access, Address begin,
                                BlockFacts& block) {
  if (!find(begin, block)) return kUnbounded;
  return judge(function, access, begin, 1, block) ? block.begin + block.size - begin : 0;
}

}  // namespace arenite
