// SPDX-License-Identifier: MIT
// Leads the calls that modules make to functions of the C library to functions of ours, by writing
// to the slots (GOT entries) through which those calls go: nothing has to be exported, and a
// process in which it is not done pays nothing. See lib/adr/005-redirected-slots.md.
//
// Redirected are slots that lead to the C library, or will on the first call. Not: what a module
// calls of its own or of another module that has the same name; pointers in data; what dlsym
// returns; calls inside the C library; programs linked statically as a whole.
#pragma once

#include <link.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/strong.hpp"
#include "os/lock.hpp"

namespace arenite {

class LoadedModule;

/// One for a process; lives in static storage, where it is nothing but zeroes until used. Never
/// allocates.
class Redirector {
 public:
  struct Outcome {
    unsigned modules = 0;  ///< looked at; those that were done before are not
    unsigned slots = 0;    ///< written
    unsigned refused = 0;  ///< could not be made writable
  };

  static constexpr std::size_t kMaxNames = 512;

  /// Has calls to `name` lead to `replacement` from the next pass on; the name outlives this.
  /// `original`, which may be null, gets the function's address in the C library, or in our own
  /// library if that exports the name (dlopen), before any slot is written, and stays as it is if
  /// there is no such function. Once slots are written, our own calls go through them, too, where
  /// we are linked into the program: a replacement calls `original`. False if there is no more
  /// room, or the name is in already. Requires: no pass has been made.
  bool add(std::string_view name, void* replacement, std::atomic<void*>* original);

  struct Entry {
    std::string_view name;
    void* replacement;
    std::atomic<void*>* original;
    void* real;  ///< in the C library; null before the first pass, and if there is none
    std::uint32_t hash;
    bool taken;  ///< a module before the C library defines it, and is called instead
  };

  /// What was added.
  std::span<const Entry> entries() const { return {entries_, count_}; }

  /// Writes the slots of all modules loaded since the last pass: to be called at start, once the
  /// process is relocated (a constructor is early enough), and after each dlopen, not from within
  /// it. Any number of threads at a time, while others call through the slots; takes the dynamic
  /// linker's lock, so not in signal handlers. errno is kept.
  Outcome pass();

  /// Lets every slot that was written lead to the C library again.
  Outcome undo();

  /// Around fork, in the forking thread; the child unlocks what it got locked. No pass holds a lock
  /// of the dynamic linker meanwhile: the C library would leave it locked in the child.
  void before_fork() { lock(pass_lock_); }
  void after_fork() { unlock(pass_lock_); }

 private:
  static constexpr std::size_t kIndexSize = 2048;
  static constexpr std::size_t kMaxHomes = 8;

  struct Home {
    Address begin, end;
  };
  struct Walk;

  const Entry* lookup(std::string_view name, std::uint32_t hash) const;
  void survey();
  void survey_module(const LoadedModule& module, bool is_home);
  bool leads_home(Address at) const;
  bool start_walk(const dl_phdr_info& info, bool undoing);
  bool write_slots(const LoadedModule& module, Walk& walk);
  Address wanted(const Entry& entry, Address now, const LoadedModule& module, bool undoing) const;
  Outcome walk_modules(bool undoing);

  Entry entries_[kMaxNames]{};
  std::size_t count_{};
  std::size_t longest_{};              ///< of the names
  std::uint16_t index_[kIndexSize]{};  ///< number of the entry from 1; open addressing
  Home homes_[kMaxHomes]{};            ///< the code that slots lead to that are written
  std::size_t home_count_{};
  LockWord pass_lock_{0};
  // The rest is read and written under it, and the dynamic linker's.
  bool surveyed_{};
  unsigned long long additions_{}, removals_{};  ///< as of the last pass
  std::size_t done_{};  ///< so many modules at the front of the list are done
};

}  // namespace arenite
