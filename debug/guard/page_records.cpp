// SPDX-License-Identifier: MIT
#include "debug/guard/page_records.hpp"

namespace arenite {
namespace {

/// A signal handler may have interrupted the very thread that writes.
constexpr int kTries = 64;

void copy(const PageRecord& record, BlockFacts& facts) {
  facts.begin = record.begin.get();
  facts.size = record.size.get();
  facts.alignment = BlockTraits::alignment(record.alignment.get());
  facts.serial = record.serial.get();
  facts.allocated = record.allocated.get();
  facts.freed = record.freed.get();
  facts.allocated_by = record.allocated_by.get();
  facts.freed_by = record.freed_by.get();
  facts.family = record.family.get();
  switch (record.state.get()) {
    case StretchState::unused:
      facts.state = BlockState::none;
      break;
    case StretchState::live:
    case StretchState::claimed:
    case StretchState::checked:
      facts.state = BlockState::live;
      break;
    case StretchState::freed:
      facts.state = BlockState::freed;
      break;
  }
}

}  // namespace

bool PageRecords::facts(std::uint32_t page, BlockFacts& facts) const {
  const PageRecord& record = at(page);
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = record.sequence.get();
    if (before % 2 != 0) continue;
    copy(record, facts);
    if (record.sequence.get() == before) return facts.state != BlockState::none;
  }
  facts.state = BlockState::none;
  return false;
}

}  // namespace arenite
