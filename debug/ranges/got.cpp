// SPDX-License-Identifier: MIT
#include "debug/ranges/got.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "debug/ranges/module.hpp"

namespace arenite {
namespace {

/// Whether the word's page is writable, found out by adding 0 to the word: the kernel does that
/// atomically, and fails where it may not write.
bool is_writable(Address word) {
  std::uint32_t other = 0;
  return ::syscall(SYS_futex, &other, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, nullptr,
                   reinterpret_cast<void*>(word),
                   FUTEX_OP(FUTEX_OP_ADD, 0u, FUTEX_OP_CMP_EQ, 0u)) >= 0;
}

bool contains_this_code(const LoadedModule& module) {
  return module.contains(reinterpret_cast<Address>(&is_writable));
}

/// Part of the C library, or what our own code lies in where that is a library of its own: what
/// slots may lead to if they are to be written, and whose own slots never are.
bool is_home(const LoadedModule& module, bool is_program) {
  static constexpr std::string_view kNames[] = {"libc.so.6", "ld-linux-x86-64.so.2",
                                                "libpthread.so.0", "libdl.so.2", "librt.so.1"};
  for (const std::string_view name : kNames)
    if (module.soname() == name) return true;
  return !is_program && contains_this_code(module);
}

bool is_kernels(const LoadedModule& module) {
  return module.soname() == "linux-vdso.so.1";
}

/// The read-only part of a module with slots in it, made writable while one of these lives.
class Opening {
 public:
  explicit Opening(const LoadedModule& module) : module_(module) {}
  ~Opening() {
    if (opened_) ::mprotect(begin(), bytes(), PROT_READ);
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  /// False if the slot cannot be written.
  bool open(Address slot) {
    if (slot < module_.relro_begin() || slot >= module_.relro_end()) return true;
    if (!tried_) opened_ = ::mprotect(begin(), bytes(), PROT_READ | PROT_WRITE) == 0;
    tried_ = true;
    return opened_;
  }

 private:
  void* begin() const { return reinterpret_cast<void*>(module_.relro_begin()); }
  std::size_t bytes() const { return module_.relro_end() - module_.relro_begin(); }

  const LoadedModule& module_;
  bool tried_ = false;
  bool opened_ = false;
};

}  // namespace

struct Redirector::Walk {
  Redirector* self;
  bool undoing;
  Outcome outcome = {};
  std::size_t index = 0;
  /// A module was met that another thread is still loading.
  bool pending = false;
};

bool Redirector::add(std::string_view name, void* replacement, std::atomic<void*>* original) {
  const std::uint32_t hash = symbol_hash(name);
  if (count_ == kMaxNames || lookup(name, hash) != nullptr) return false;
  entries_[count_] = {name, replacement, original, nullptr, hash, false};
  longest_ = std::max(longest_, name.size());
  std::size_t at = hash % kIndexSize;
  while (index_[at] != 0) at = (at + 1) % kIndexSize;
  index_[at] = static_cast<std::uint16_t>(++count_);
  return true;
}

const Redirector::Entry* Redirector::lookup(std::string_view name, std::uint32_t hash) const {
  for (std::size_t at = hash % kIndexSize; index_[at] != 0; at = (at + 1) % kIndexSize) {
    const Entry& entry = entries_[index_[at] - 1u];
    if (entry.hash == hash && entry.name == name) return &entry;
  }
  return nullptr;
}

void Redirector::survey_module(const LoadedModule& module, bool is_home) {
  for (std::size_t i = 0; i < count_; ++i) {
    Entry& entry = entries_[i];
    if (entry.real != nullptr) continue;
    if (!is_home) {
      entry.taken = entry.taken || module.defines(entry.name, entry.hash);
    } else if (void* const real = module.definition(entry.name, entry.hash)) {
      entry.real = real;
      // Relaxed: who reads it was reached through a slot that is written after this.
      if (entry.original != nullptr) entry.original->store(real, std::memory_order_relaxed);
    }
  }
}

/// Modules come in the order in which names are looked up: what a module before the C library
/// defines is what the whole process calls.
void Redirector::survey() {
  struct State {
    Redirector* self;
    bool is_program = true;
  } state{this};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        auto& [self, is_program] = *static_cast<State*>(context);
        const LoadedModule module(*info);
        const bool home = is_home(module, is_program);
        if (home && self->home_count_ < kMaxHomes)
          self->homes_[self->home_count_++] = {module.code_begin(), module.code_end()};
        if (!is_kernels(module)) self->survey_module(module, home);
        is_program = false;
        return 0;
      },
      &state);
}

bool Redirector::leads_home(Address at) const {
  for (std::size_t i = 0; i < home_count_; ++i)
    if (at >= homes_[i].begin && at < homes_[i].end) return true;
  return false;
}

/// What the slot is to hold, which is what it does hold if it is to stay as it is.
Address Redirector::wanted(const Entry& entry, Address now, const LoadedModule& module,
                           bool undoing) const {
  const auto replacement = reinterpret_cast<Address>(entry.replacement);
  const auto real = reinterpret_cast<Address>(entry.real);
  if (undoing) return now == replacement ? real : now;
  if (real == 0 || now == replacement) return now;
  if (leads_home(now)) return replacement;
  // Not bound yet: leads to the module's own stub, and will be bound to whoever is first.
  return module.executes(now) && !entry.taken ? replacement : now;
}

/// False if the module is still being loaded.
bool Redirector::write_slots(const LoadedModule& module, Walk& walk) {
  // Read-only is the last thing a module is made before it is used. To write before that would be
  // undone, and to make the part read-only would stop the thread that loads it.
  if (module.relro_begin() != module.relro_end() && is_writable(module.relro_begin())) return false;
  Opening opening(module);
  ++walk.outcome.modules;
  module.each_slot(longest_, [&](Address slot, std::string_view name) {
    const Entry* const entry = lookup(name, symbol_hash(name));
    if (entry == nullptr || !module.may_store(slot, sizeof(Address))) return;
    std::atomic_ref<Address> word(*reinterpret_cast<Address*>(slot));
    // Relaxed: a slot is a single word, and whichever value a caller sees is good.
    const Address now = word.load(std::memory_order_relaxed);
    const Address next = wanted(*entry, now, module, walk.undoing);
    if (next == now) return;
    if (!opening.open(slot)) {
      ++walk.outcome.refused;
      return;
    }
    // Release: pairs with a call through the slot, which may read what `survey` stored.
    word.store(next, std::memory_order_release);
    ++walk.outcome.slots;
  });
  return true;
}

/// False if nothing was loaded since the last pass.
bool Redirector::start_walk(const dl_phdr_info& info, bool undoing) {
  if (!surveyed_) survey();
  surveyed_ = true;
  // Where a module was, there may be another now.
  if (undoing || info.dlpi_subs != removals_)
    done_ = 0;
  else if (info.dlpi_adds == additions_)
    return false;
  removals_ = info.dlpi_subs;
  additions_ = info.dlpi_adds;
  return true;
}

Redirector::Outcome Redirector::walk_modules(bool undoing) {
  const int saved_errno = errno;
  Walk walk{this, undoing};
  LockGuard guard(pass_lock_);
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) {
        Walk& state = *static_cast<Walk*>(context);
        Redirector& self = *state.self;
        const std::size_t index = state.index++;
        if (index == 0 && !self.start_walk(*info, state.undoing)) return 1;
        if (index < self.done_) return 0;
        const LoadedModule module(*info);
        if (!is_home(module, index == 0) && !is_kernels(module) && !self.write_slots(module, state))
          state.pending = true;
        if (!state.pending && !state.undoing) self.done_ = index + 1;
        // The number is never so large: the next pass does not find that nothing was loaded.
        if (state.pending || state.undoing) self.additions_ = ~0ULL;
        return 0;
      },
      &walk);
  errno = saved_errno;
  return walk.outcome;
}

Redirector::Outcome Redirector::pass() {
  return walk_modules(false);
}

Redirector::Outcome Redirector::undo() {
  return walk_modules(true);
}

}  // namespace arenite
