// SPDX-License-Identifier: MIT
#include "debug/report/names.hpp"

namespace arenite {
namespace {

struct FaultNames {
  const char* own;
  const char* sanitizer;
  const char* sentence;
};

/// In the order of `Fault`.
constexpr FaultNames kFaults[] = {
    {"heap-buffer-overflow", "heap-buffer-overflow", "bytes behind a block"},
    {"heap-buffer-underflow", "heap-buffer-overflow", "bytes before a block"},
    {"heap-use-after-free", "heap-use-after-free", "bytes of a freed block"},
    {"double-free", "double-free", "a freed block given back again"},
    {"bad-free", "bad-free", "a pointer given back at which no block begins"},
    {"alloc-dealloc-mismatch", "alloc-dealloc-mismatch",
     "a block given back to another family than it came from"},
    {"new-delete-type-mismatch", "new-delete-type-mismatch",
     "a block given back with another size or alignment than it has"},
    {"bad-realloc", "bad-free", "a pointer to be resized at which no block begins"},
    {"bad-malloc_usable_size", "bad-malloc_usable_size", "a size asked of what is no live block"},
    {"use-of-unlocked-interpreter", "use-of-unlocked-interpreter",
     "Python's memory used without the interpreter's lock"},
    {"memory-leak", "memory-leak", "a block nothing refers to"},
    {"wild-access", "SEGV", "an access to memory of the heap that is no block's"},
};

struct FamilyNames {
  const char* own;
  const char* allocator;
  const char* releaser;
};

/// In the order of `Family`. The operators are spelt as AddressSanitizer spells them.
constexpr FamilyNames kFamilies[] = {
    {"malloc", "malloc", "free"},
    {"aligned", "aligned_alloc", "free"},
    {"new_object", "operator new", "operator delete"},
    {"new_array", "operator new []", "operator delete []"},
    {"new_aligned", "operator new (aligned)", "operator delete (aligned)"},
    {"new_array_aligned", "operator new [] (aligned)", "operator delete [] (aligned)"},
    {"pmr", "memory_resource::allocate", "memory_resource::deallocate"},
    {"python_raw", "PyMem_RawMalloc", "PyMem_RawFree"},
    {"python_mem", "PyMem_Malloc", "PyMem_Free"},
    {"python_object", "PyObject_Malloc", "PyObject_Free"},
    {"pool", "arn_pool_allocate", "arn_pool_free"},
};

template <class Row, std::size_t Count>
const Row& row_of(const Row (&rows)[Count], std::size_t index) {
  return rows[index < Count ? index : Count - 1];
}

const FaultNames& of(const Report& report) {
  // What realloc frees first is, to those who know sanitizers' words, freed twice.
  static constexpr FaultNames kReallocOfFreed = {"bad-realloc", "double-free",
                                                 "a freed block to be resized"};
  if (report.fault == Fault::bad_realloc && report.block.known &&
      report.block.facts.state == BlockState::freed && report.address == report.block.facts.begin)
    return kReallocOfFreed;
  return row_of(kFaults, static_cast<std::size_t>(report.fault));
}

const FamilyNames& of(Family family) {
  return row_of(kFamilies, static_cast<std::size_t>(family));
}

}  // namespace

const char* fault_name(const Report& report) {
  return of(report).own;
}

const char* sanitizer_name(const Report& report) {
  return of(report).sanitizer;
}

const char* fault_sentence(const Report& report) {
  return of(report).sentence;
}

const char* allocator_name(Family family) {
  return of(family).allocator;
}

const char* releaser_name(Family family) {
  return of(family).releaser;
}

const char* family_name(Family family) {
  return of(family).own;
}

const char* state_name(BlockState state) {
  static constexpr const char* kNames[] = {"none", "live", "freed"};
  return row_of(kNames, static_cast<std::size_t>(state));
}

const char* access_name(Access access) {
  static constexpr const char* kNames[] = {"none", "read", "write"};
  return row_of(kNames, static_cast<std::size_t>(access));
}

char kind_letter(ByteKind kind) {
  static constexpr char kLetters[] = {'?', 'u', 'g', 's', 'f', '-'};
  return row_of(kLetters, static_cast<std::size_t>(kind));
}

}  // namespace arenite
