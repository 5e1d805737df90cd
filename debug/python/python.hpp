// SPDX-License-Identifier: MIT
// The CPython in this process, as the debug layer sees it: which Python functions the calling
// thread is in, and whether it holds the interpreter lock. Nothing of it is called but documented
// functions that neither allocate nor wait, and only the calling thread's own frames are read,
// while it holds the lock, as `tracemalloc` does at the same points. Any thread; never allocates.
#pragma once

#include "debug/python/code_names.hpp"
#include "debug/python/layouts.hpp"

namespace arenite {

/// A line of a Python function.
struct PythonPlace {
  std::string_view file, function;
  std::uint32_t line = 0;
};

class Python {
 public:
  /// Of each stack, the innermost so many.
  static constexpr unsigned kMostFrames = 16;

  constexpr Python() = default;
  Python(const Python&) = delete;
  Python& operator=(const Python&) = delete;

  /// Looks for an interpreter whose symbols the process sees. Not while others use this. A look in
  /// vain costs the calling thread a block: the C library allocates what dlsym has to complain of.
  void find();
  /// The same before main, where the loader knows whether there is one: no look in vain.
  void find_at_start();
  /// False where there is none, or one whose locks nobody may ask for.
  bool found() const { return lock_held_ != nullptr; }
  /// Whether frames of it can be told.
  bool has_frames() const { return layout_ != nullptr; }

  /// As CPython's own hooks see it: true also where there is nothing to hold.
  bool lock_held() const { return lock_held_ == nullptr || lock_held_() != 0; }

  /// What a walk over the thread's frames came to, before names are looked up.
  struct Walk {
    struct Step {
      CodeIdentity code;
      std::uint32_t offset;  ///< of the instruction, in bytes
    };
    Step steps[kMostFrames];
    unsigned count = 0;
    std::uint64_t hash = 0;
  };
  /// Innermost first; nothing if the thread runs no Python or does not hold the lock.
  void walk(Walk& walk) const;
  /// The same as script frames, while the functions are still there. Returns how many.
  unsigned name(const Walk& walk, Address* to, unsigned most);

  /// Of a script frame. False for what is none.
  bool place(Address script_frame, PythonPlace& place) const;

  /// Where the functions' names are, for who looks from outside.
  const CodeTableState<Native>& names() const { return names_.state(); }
  void reset_after_fork() { names_.reset_after_fork(); }

 private:
  Address frame_of_thread() const;
  bool step_of(Address frame, Walk::Step& step) const;
  static std::size_t read_text(void* self, Address object, char* to, std::size_t most);

  int (*lock_held_)() = nullptr;
  void* (*current_thread_)() = nullptr;
  void* (*own_thread_)() = nullptr;
  int (*line_of_)(void* code, int offset) = nullptr;
  std::ptrdiff_t (*text_length_)(void* text) = nullptr;
  std::uint32_t (*text_character_)(void* text, std::ptrdiff_t index) = nullptr;
  Address code_type_ = 0;
  const PythonLayout* layout_ = nullptr;
  CodeNames names_;
};

}  // namespace arenite
