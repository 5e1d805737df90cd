// SPDX-License-Identifier: MIT
#include "debug/stacks/depot.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "debug/stacks/stack_hash.hpp"

namespace arenite {
namespace {

/// How much becomes accessible at a time.
constexpr std::size_t kStepWords = std::size_t{1} << 17;
constexpr std::size_t kFewestWords = kStepWords;
constexpr std::size_t kGrowth = 4;
/// Far more than a table that is half full needs; one that could not grow counts as full then.
constexpr std::size_t kMostProbes = 4096;
/// How often a thread that waits for a larger table lets others go first.
constexpr unsigned kPatience = 100000;
/// Has no id, as a free place has none.
constexpr std::uint64_t kClosed = std::uint64_t{1} << 32;
/// Id 0 is no stack.
constexpr std::size_t kFirstWord = 1;

void* map(std::size_t bytes, int protection) {
  const int saved = errno;
  void* at = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  errno = saved;
  return at == MAP_FAILED ? nullptr : at;
}

std::uint64_t joined(std::uint32_t hash, StackId id) {
  return (std::uint64_t{hash} << 32) | id;
}

std::uint32_t hash_of(std::uint64_t entry) {
  return static_cast<std::uint32_t>(entry >> 32);
}

StackId id_of(std::uint64_t entry) {
  return static_cast<StackId>(entry);
}

/// A stack's first word: its hash above the number of its frames.
std::uint64_t header_of(std::uint32_t hash, unsigned count) {
  return (std::uint64_t{hash} << 32) | count;
}

}  // namespace

struct StackDepot::Table {
  std::size_t mask;
  Table* older;
  std::atomic<std::size_t> filled;

  Place* places() { return reinterpret_cast<Place*>(this + 1); }
  const Place* places() const { return reinterpret_cast<const Place*>(this + 1); }
  std::size_t bytes() const { return sizeof *this + (mask + 1) * sizeof(Place); }
};

bool StackDepot::open(std::size_t words, std::size_t places) {
  words = std::clamp(words, kFewestWords, kMostWords) / kStepWords * kStepWords;
  void* at = nullptr;
  for (; words >= kFewestWords; words = words / 2 / kStepWords * kStepWords)
    if ((at = map(words * sizeof(std::uint64_t), PROT_NONE)) != nullptr) break;
  if (at == nullptr) return false;
  // Core files hold what is used.
  const int saved = errno;
  ::madvise(at, words * sizeof(std::uint64_t), MADV_DONTDUMP);
  errno = saved;
  words_ = static_cast<std::uint64_t*>(at);
  capacity_ = words;
  used_.store(kFirstWord, std::memory_order_relaxed);
  // Release: pairs with the acquires of whoever loads the table.
  table_.store(map_table(places), std::memory_order_release);
  return table_.load(std::memory_order_relaxed) != nullptr;
}

void StackDepot::close() {
  const int saved = errno;
  for (Table* table = table_.load(std::memory_order_relaxed); table != nullptr;) {
    Table* older = table->older;
    ::munmap(table, table->bytes());
    table = older;
  }
  if (words_ != nullptr) ::munmap(words_, capacity_ * sizeof(std::uint64_t));
  errno = saved;
  table_.store(nullptr, std::memory_order_relaxed);
  words_ = nullptr;
  for (auto* number : {&used_, &committed_, &table_bytes_})
    number->store(0, std::memory_order_relaxed);
  capacity_ = 0;
}

StackDepot::Table* StackDepot::map_table(std::size_t places) {
  const std::size_t bytes = sizeof(Table) + places * sizeof(Place);
  void* at = map(bytes, PROT_READ | PROT_WRITE);
  if (at == nullptr) return nullptr;
  table_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // The places are zero as the kernel gives them.
  return ::new (at) Table{places - 1, nullptr, 0};
}

std::size_t StackDepot::stacks() const {
  // Acquire: pairs with the stores in `open` and `grow`.
  const Table* table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i <= table->mask; ++i)
    count += id_of(table->places()[i].load(std::memory_order_relaxed)) != 0;
  return count;
}

std::size_t StackDepot::bytes() const {
  return used_.load(std::memory_order_relaxed) * sizeof(std::uint64_t) +
         table_bytes_.load(std::memory_order_relaxed);
}

StackId StackDepot::put(const Address* frames, unsigned count) {
  count = std::min(count, kMostFrames);
  // Acquire: pairs with the release in `open` and the store in `grow`.
  const Table* table = table_.load(std::memory_order_acquire);
  if (count == 0 || table == nullptr) return 0;
  const std::uint32_t hash = stack_hash(frames, count);
  const StackId known = find(*table, hash, frames, count);
  return known != 0 ? known : append(hash, frames, count);
}

StackId StackDepot::find(const Table& table, std::uint32_t hash, const Address* frames,
                         unsigned count) const {
  std::size_t at = hash & table.mask;
  for (std::size_t left = std::min(table.mask + 1, kMostProbes); left > 0;
       --left, at = (at + 1) & table.mask) {
    // Acquire: pairs with the exchange in `insert_into`; the frames are written.
    const std::uint64_t entry = table.places()[at].load(std::memory_order_acquire);
    if (id_of(entry) == 0) return 0;
    if (hash_of(entry) == hash && holds(id_of(entry), hash, frames, count)) return id_of(entry);
  }
  return 0;
}

bool StackDepot::holds(StackId id, std::uint32_t hash, const Address* frames,
                       unsigned count) const {
  const std::uint64_t* stack = words_ + id;
  if (stack[0] != header_of(hash, count)) return false;
  std::uint64_t difference = 0;
  for (unsigned i = 0; i < count; ++i) difference |= stack[1 + i] ^ frames[i];
  return difference == 0;
}

[[gnu::noinline]] StackId StackDepot::append(std::uint32_t hash, const Address* frames,
                                             unsigned count) {
  std::size_t at = used_.load(std::memory_order_relaxed);
  do {
    if (capacity_ - at < count + 1u || !commit(at + count + 1)) return 0;
  } while (!used_.compare_exchange_weak(at, at + count + 1, std::memory_order_relaxed));
  words_[at] = header_of(hash, count);
  std::memcpy(words_ + at + 1, frames, count * sizeof *frames);
  return insert(hash, static_cast<StackId>(at));
}

/// Makes the first `words` accessible; twice over does no harm.
bool StackDepot::commit(std::size_t words) {
  const std::size_t before = committed_.load(std::memory_order_relaxed);
  if (words <= before) return true;
  const std::size_t after = (words + kStepWords - 1) / kStepWords * kStepWords;
  const int saved = errno;
  const bool done = ::mprotect(words_, after * sizeof(std::uint64_t), PROT_READ | PROT_WRITE) == 0;
  ::madvise(words_, after * sizeof(std::uint64_t), MADV_DODUMP);
  errno = saved;
  std::size_t seen = before;
  while (done && seen < after &&
         !committed_.compare_exchange_weak(seen, after, std::memory_order_relaxed))
    continue;
  return done;
}

/// Lists a stack that lies in the words. Returns its id, or that under which another thread has
/// listed the same stack meanwhile; the words are then lost.
StackId StackDepot::insert(std::uint32_t hash, StackId id) {
  for (unsigned patience = kPatience; patience > 0;) {
    // Acquire: pairs with the stores in `open` and `grow`.
    Table* table = table_.load(std::memory_order_acquire);
    const StackId listed = insert_into(*table, joined(hash, id));
    if (listed == id && table->filled.fetch_add(1, std::memory_order_relaxed) >= table->mask / 2)
      grow(*table);
    if (listed != 0) return listed;
    if (!make_room(*table, patience)) return 0;
  }
  return id;
}

/// For who finds the table full or closed. False if there will not be a larger one.
bool StackDepot::make_room(Table& table, unsigned& patience) {
  if (growing_.load(std::memory_order_relaxed)) {
    --patience;
    ::sched_yield();
    return true;
  }
  grow(table);
  // In this order: who has stopped growing has published the larger table before, if there is one.
  // Acquire: pairs with the release in `grow`.
  return growing_.load(std::memory_order_acquire) ||
         table_.load(std::memory_order_relaxed) != &table;
}

/// The id under which the entry's stack is listed afterwards; 0 if there is no free place before
/// the end or a closed one.
StackId StackDepot::insert_into(Table& table, std::uint64_t entry) {
  const std::uint32_t hash = hash_of(entry);
  const std::uint64_t* stack = words_ + id_of(entry);
  const auto* frames = reinterpret_cast<const Address*>(stack + 1);
  const auto count = static_cast<unsigned>(stack[0] & 0xffffffff);
  std::size_t at = hash & table.mask;
  for (std::size_t left = std::min(table.mask + 1, kMostProbes); left > 0;
       --left, at = (at + 1) & table.mask) {
    Place& place = table.places()[at];
    std::uint64_t seen = 0;
    // Release if it was free, acquire if not: pairs with itself and the load in `find`; the frames
    // are written.
    if (place.compare_exchange_strong(seen, entry, std::memory_order_release,
                                      std::memory_order_acquire))
      return id_of(entry);
    if (seen == kClosed) return 0;
    if (hash_of(seen) == hash && holds(id_of(seen), hash, frames, count)) return id_of(seen);
  }
  return 0;
}

/// Returns how many there were.
std::size_t StackDepot::move(Table& from, Table& to) {
  std::size_t moved = 0;
  for (std::size_t i = 0; i <= from.mask; ++i) {
    std::uint64_t entry = 0;
    // Acquire: pairs with the exchange in `insert_into`.
    if (!from.places()[i].compare_exchange_strong(entry, kClosed, std::memory_order_relaxed,
                                                  std::memory_order_acquire) &&
        entry != kClosed && insert_into(to, entry) != 0)
      ++moved;
  }
  return moved;
}

void StackDepot::grow(Table& table) {
  // Acquire, and release below: pair with each other; one thread after the other.
  if (growing_.exchange(true, std::memory_order_acquire)) return;
  if (table_.load(std::memory_order_relaxed) == &table)
    if (Table* larger = map_table((table.mask + 1) * kGrowth)) {
      larger->older = &table;
      larger->filled.store(move(table, *larger), std::memory_order_relaxed);
      // Release: pairs with the acquires of whoever loads the table.
      table_.store(larger, std::memory_order_release);
    }
  growing_.store(false, std::memory_order_release);
}

unsigned StackDepot::get(StackId id, Address* to, unsigned most) const {
  if (id < kFirstWord || id >= used_.load(std::memory_order_relaxed)) return 0;
  const std::uint64_t* stack = words_ + id;
  const auto count = static_cast<unsigned>(stack[0] & 0xffffffff);
  // An id that this depot never gave may lead to any word; only a stack fits its own header.
  const auto* frames = reinterpret_cast<const Address*>(stack + 1);
  if (count == 0 || count > kMostFrames || count > used_.load(std::memory_order_relaxed) - id - 1 ||
      stack[0] != header_of(stack_hash(frames, count), count))
    return 0;
  const unsigned copied = std::min(count, most);
  std::memcpy(to, frames, copied * sizeof *to);
  return copied;
}

void StackDepot::reset_after_fork() {
  growing_.store(false, std::memory_order_relaxed);
}

}  // namespace arenite
