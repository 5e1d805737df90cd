// SPDX-License-Identifier: MIT
// One step of a heap program. A step names no address and no absolute size: slots stand for blocks,
// sizes are relative to the geometry, so one program runs on every geometry. A step whose slot or
// thread is in the wrong state does nothing; there is no invalid program.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite::model {

/// What a step does. The numbers are the ones stored in programs: see op_table.hpp. Appended to,
/// never renumbered.
enum class Kind : std::uint8_t {
  nothing,
  allocate,
  allocate_zeroed,
  allocate_aligned,
  reallocate,
  free,
  remote_free,       ///< free through another thread block, the current one stays current
  batch_allocate,    ///< the same size into `count` slots from `slot` on, those that are empty
  batch_free,        ///< every `step`-th of `count` slots from `slot` on
  switch_thread,     ///< another thread block becomes the current one
  attach,            ///< a thread block, diverted or not
  detach,            ///< gives a thread block up
  hand_back,         ///< the current thread block hands back what it holds
  trim,              ///< gives pages back to the system
  fail_os,           ///< the system refuses some of the next requests
  reopen,            ///< destroys the heap with all its blocks and opens it again
  rewrite,           ///< checks a block and gives it new contents
  check_all,         ///< checks the contents of every block
  audit,             ///< runs the audit
  free_interior,     ///< misuse: a pointer into the middle of a block
  double_free,       ///< misuse: twice, where the second time can be seen at once
  free_foreign,      ///< misuse: an address the heap never handed out
  free_wild,         ///< misuse: an address in a pool where no block is
  double_free_late,  ///< misuse: seen when the array is handed back; ends the program
  free_null,         ///< not a misuse: must do nothing
  corrupt,           ///< damage to the heap's own tables; for who looks at damaged heaps
  write_beyond,      ///< misuse: a byte behind or before a block; for guarded heaps
  write_freed,       ///< misuse: a byte of the block last freed of a slot; for guarded heaps
  free_wrongly,      ///< misuse: as another family, size or alignment; for guarded heaps
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::free_wrongly) + 1;

/// What `flags` and `arg` mean is the kind's business; fields.hpp says it.
struct Operation {
  Kind kind = Kind::nothing;
  std::uint8_t flags = 0;
  std::uint16_t slot = 0;
  std::uint32_t arg = 0;

  bool operator==(const Operation&) const = default;
};

/// The kind's name in the text form.
const char* name_of(Kind kind);

}  // namespace arenite::model
