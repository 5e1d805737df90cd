// SPDX-License-Identifier: MIT
// The CPython in this process, as far as its allocators go: the functions of its C API, found by
// name, with the types they take as its manual documents them. Nothing of CPython is needed to
// compile this or to load it. Finding an interpreter allocates nothing; any thread.
#pragma once

#include <cstddef>

namespace arenite {

/// PyMemAllocatorDomain.
enum class Domain : int { raw, mem, object };
inline constexpr int kDomainCount = 3;

/// PyMemAllocatorEx.
struct DomainAllocator {
  void* context;
  void* (*malloc)(void* context, std::size_t size);
  void* (*calloc)(void* context, std::size_t count, std::size_t size);
  void* (*realloc)(void* context, void* block, std::size_t size);
  void (*free)(void* context, void* block);
};

/// PyObjectArenaAllocator.
struct ArenaAllocator {
  void* context;
  void* (*alloc)(void* context, std::size_t size);
  void (*free)(void* context, void* block, std::size_t size);
};

struct Interpreter {
  void (*get_allocator)(Domain domain, DomainAllocator* allocator) = nullptr;
  void (*set_allocator)(Domain domain, DomainAllocator* allocator) = nullptr;
  void (*get_arena_allocator)(ArenaAllocator* allocator) = nullptr;
  void (*set_arena_allocator)(ArenaAllocator* allocator) = nullptr;
  int (*is_initialized)() = nullptr;
  const char* (*version)() = nullptr;

  /// Whether there is one. It may still be one that is not to be served.
  bool found() const { return version != nullptr; }
  /// Null if its allocators may be replaced as they are in this file, else the reason, a literal.
  const char* unfit() const;
};

/// The interpreter whose symbols the whole process sees; not found if there is none.
Interpreter find_interpreter();

/// Whether the function belongs to the program or library that holds the interpreter itself.
bool is_own_function(const Interpreter& interpreter, const void* function);

}  // namespace arenite
