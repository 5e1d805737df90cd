// SPDX-License-Identifier: MIT
#include "debug/python/code_names.hpp"

#include <sys/mman.h>

#include "debug/stacks/stack_hash.hpp"

namespace arenite {
namespace {

std::uint32_t hash_of(const CodeIdentity& code) {
  const Address words[] = {code.code, code.file, code.name, code.first_line};
  return stack_hash(words, 4);
}

}  // namespace

bool CodeNames::open() {
  void* memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  table_ = static_cast<Table*>(memory);
  // Relaxed: who reads it has stopped the process.
  state_.table.store(reinterpret_cast<Address>(memory), std::memory_order_relaxed);
  return true;
}

std::uint32_t CodeNames::number(const CodeIdentity& code, ReadText read, void* context) {
  if (table_ == nullptr) return kNoCode;
  constexpr std::uint32_t kPlaces = 2 * kMostCodes;
  // Never full: there are twice as many places as functions.
  for (std::uint32_t i = hash_of(code);; ++i) {
    std::atomic<std::uint32_t>& place = table_->places[i % kPlaces];
    // Acquire: pairs with the release in `add`.
    const std::uint32_t found = place.load(std::memory_order_acquire);
    if (found == 0) return add(code, place, read, context);
    if (table_->codes[found - 1].identity == code) return found - 1;
  }
}

std::uint32_t CodeNames::add(const CodeIdentity& code, std::atomic<std::uint32_t>& place,
                             ReadText read, void* context) {
  // Acquire: pairs with the release below.
  if (busy_.test_and_set(std::memory_order_acquire)) return kNoCode;
  std::uint32_t number = kNoCode;
  const std::uint32_t count = state_.count.load(std::memory_order_relaxed);
  const bool room = count < kMostCodes && kTextBytes - text_used_ >= 2 * kMostNameBytes;
  // Somebody may have taken the place meanwhile; the function gets its number next time.
  if (room && place.load(std::memory_order_relaxed) == 0) {
    CodeRecord& added = table_->codes[count];
    added.identity = code;
    const auto copy = [&](Address object, std::uint32_t& at, std::uint32_t& bytes) {
      at = static_cast<std::uint32_t>(text_used_);
      bytes = static_cast<std::uint32_t>(
          read(context, object, table_->text + text_used_, kMostNameBytes));
      text_used_ += bytes;
    };
    copy(code.file, added.file_at, added.file_bytes);
    copy(code.name, added.name_at, added.name_bytes);
    // Release: pairs with the acquire in `names`.
    state_.count.store(count + 1, std::memory_order_release);
    // Release: pairs with the acquire in `number`.
    place.store(count + 1, std::memory_order_release);
    number = count;
  }
  // Release: pairs with the acquire above.
  busy_.clear(std::memory_order_release);
  return number;
}

namespace {

/// A word of `lines`: 16 bits of number, 24 of offset, 24 of line.
constexpr unsigned kLineBits = 24, kOffsetBits = 24;
constexpr std::uint32_t kMostLine = (1u << kLineBits) - 1;

}  // namespace

std::uint64_t CodeNames::key_of(std::uint32_t number, std::uint32_t offset) {
  static_assert(kMostCodes <= 1u << (64 - kLineBits - kOffsetBits));
  return std::uint64_t{number} << kOffsetBits | offset;
}

std::atomic<std::uint64_t>& CodeNames::kept(std::uint64_t key) const {
  return table_->lines[key * detail::kFactor[0] >> 32 & (Table::kKeptLines - 1)];
}

bool CodeNames::line(std::uint32_t number, std::uint32_t offset, std::uint32_t& line) const {
  const std::uint64_t key = key_of(number, offset);
  // Relaxed: the word is all there is.
  const std::uint64_t word = kept(key).load(std::memory_order_relaxed);
  line = static_cast<std::uint32_t>(word & kMostLine);
  return word != 0 && word >> kLineBits == key;
}

void CodeNames::keep_line(std::uint32_t number, std::uint32_t offset, std::uint32_t line) {
  if (offset >= 1u << kOffsetBits || line > kMostLine) return;
  const std::uint64_t key = key_of(number, offset);
  kept(key).store(key << kLineBits | line, std::memory_order_relaxed);
}

bool CodeNames::names(std::uint32_t number, Names& names) const {
  // Acquire: pairs with the release in `add`.
  if (number >= state_.count.load(std::memory_order_acquire)) return false;
  const CodeRecord& code = table_->codes[number];
  names.file = {table_->text + code.file_at, code.file_bytes};
  names.function = {table_->text + code.name_at, code.name_bytes};
  return true;
}

}  // namespace arenite
