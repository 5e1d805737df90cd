// SPDX-License-Identifier: MIT
#include "debug/modes/annotated.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "debug/modes/layer.hpp"
#include "debug/modes/say.hpp"
#include "debug/modes/serve.hpp"

namespace arenite {
namespace {

const Annotator& tool() {
  return *layer.annotator;
}

/// A block as the tool knows it. Plain ones, which filters leave, have no guard.
struct Told {
  Address begin = 0;
  std::size_t size = 0;
  std::size_t guard = 0;
};

/// False if no live block of the layer begins there.
bool find_told(const void* block, BlockFacts& facts, Told& told) {
  const ToolsLookAway away(tool());
  told.begin = reinterpret_cast<Address>(block);
  if (!find_block(told.begin, facts) || facts.begin != told.begin ||
      facts.state != BlockState::live)
    return false;
  told.size = facts.size;
  told.guard = layer.options.guard_bytes;
  return true;
}

/// On the stack of the request, which the tool keeps.
[[gnu::always_inline]] inline void* tell_handed_out(void* block, bool zeroed) {
  if (block == nullptr) return nullptr;
  BlockFacts facts;
  Told told;
  if (find_told(block, facts, told)) {
    const Address end = told.begin + told.size;
    tool().make_inaccessible(facts.outer_begin, told.begin - facts.outer_begin);
    tool().make_inaccessible(end, facts.outer_end - end);
  } else {
    told.size = plain_slow_paths.usable_size(block);
  }
  tool().block_handed_out(told.begin, told.size, told.guard, zeroed);
  return block;
}

/// Also of what is no block: the tool then reports that. Before the layer looks at it, as somebody
/// else may have the block directly afterwards.
[[gnu::always_inline]] inline void tell_freed(void* block) {
  if (block == nullptr) return;
  BlockFacts facts;
  Told told;
  find_told(block, facts, told);
  tool().block_freed(told.begin, told.size, told.guard);
}

void* allocate(std::size_t size, Family family) {
  void* block = nullptr;
  {
    const ToolsLookAway away(tool());
    block = diverting_slow_paths.allocate(size, family);
  }
  return tell_handed_out(block, false);
}

void* allocate_zeroed(std::size_t size, Family family) {
  void* block = nullptr;
  {
    const ToolsLookAway away(tool());
    block = diverting_slow_paths.allocate_zeroed(size, family);
  }
  return tell_handed_out(block, true);
}

void* allocate_aligned(std::size_t size, std::size_t alignment, Family family) {
  void* block = nullptr;
  {
    const ToolsLookAway away(tool());
    block = diverting_slow_paths.allocate_aligned(size, alignment, family);
  }
  return tell_handed_out(block, false);
}

void free(void* block, Family family) {
  tell_freed(block);
  const ToolsLookAway away(tool());
  diverting_slow_paths.free(block, family);
}

void free_sized(void* block, std::size_t size, Family family) {
  tell_freed(block);
  const ToolsLookAway away(tool());
  diverting_slow_paths.free_sized(block, size, family);
}

void free_aligned(void* block, std::size_t alignment, Family family) {
  tell_freed(block);
  const ToolsLookAway away(tool());
  diverting_slow_paths.free_aligned(block, alignment, family);
}

void free_sized_aligned(void* block, std::size_t size, std::size_t alignment, Family family) {
  tell_freed(block);
  const ToolsLookAway away(tool());
  diverting_slow_paths.free_sized_aligned(block, size, alignment, family);
}

/// Of a block that only the layer below can judge, or that filters leave plain.
[[gnu::noinline]] void* reallocate_untold(void* block, std::size_t size, Family family) {
  tell_freed(block);
  void* moved = nullptr;
  {
    const ToolsLookAway away(tool());
    moved = diverting_slow_paths.reallocate(block, size, family);
  }
  tell_handed_out(moved, false);
  // What of it was written is not known any more.
  if (moved != nullptr) tool().make_defined(reinterpret_cast<Address>(moved), size);
  return moved;
}

/// The tool sees the bytes move, and with them which of them are defined.
void* reallocate(void* block, std::size_t size, Family family) {
  BlockFacts facts;
  Told told;
  if (!find_told(block, facts, told)) return reallocate_untold(block, size, family);
  void* moved = allocate(size, family);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(told.size, size));
  free(block, family);
  return moved;
}

std::size_t usable_size(const void* block) {
  const ToolsLookAway away(tool());
  return diverting_slow_paths.usable_size(block);
}

void thread_ends() {
  const ToolsLookAway away(tool());
  diverting_slow_paths.thread_ends();
}

void make_accessible(void* block) {
  tool().make_accessible_undefined(reinterpret_cast<Address>(block),
                                   process_heap.usable_size(block));
}

/// A leak check would read all of the layer's records, which lead to no block.
void hide(Extent table) {
  if (tool().looks_away) tool().make_inaccessible(table.begin, table.size());
}

bool open_annotated_layer() {
  if (!detail::open_layer()) return false;
  if (!tool().looks_away) ProcessSource::before_free = make_accessible;
  hide(layer.guarded.table().records());
  hide(layer.guarded.table().first_pools());
  hide(layer.guarded.quarantine().ring());
  return true;
}

}  // namespace

constinit const Interceptor annotated_slow_paths = {
    .allocate = allocate,
    .allocate_zeroed = allocate_zeroed,
    .allocate_aligned = allocate_aligned,
    .reallocate = reallocate,
    .free = free,
    .free_sized = free_sized,
    .free_aligned = free_aligned,
    .free_sized_aligned = free_sized_aligned,
    .usable_size = usable_size,
    .owns = detail::layer_owns,
    .thread_ends = thread_ends,
    .before_fork = detail::layer_before_fork,
    .after_fork = detail::layer_after_fork,
    .heap_opened = open_annotated_layer,
    .diverts = true,
    // Tools keep books of address space.
    .range_bytes = std::size_t{16} << 30,
};

void suit_tool(const Annotator& tool, Options& options) {
  if (options.mode == Mode::page || options.mode == Mode::sample) {
    Text<256> line;
    line << "under " << tool.name << " every mode is mode=debug";
    say(line.c_str());
  }
  // Nobody asked for the layer, and most of what it finds memcheck has told by then, and went on.
  if (options.mode == Mode::fast && tool.looks_away) options.on_error = OnError::go_on;
  options.mode = Mode::debug;
  if (tool.keeps_stacks) options.stack_depth = 0;
  // The tool sees each access to a freed block, and ranges given to libc, and has its leak check.
  options.fill =
      options.fill == Fill::both || options.fill == Fill::fresh ? Fill::fresh : Fill::none;
  options.ranges = false;
  options.leaks = false;
}

void introduce_to_tool(const Annotator& tool) {
  if (std::strcmp(tool.name, "AddressSanitizer") != 0) return;
  // Its leak check looks for pointers in blocks of its own, and in what it is told of.
  using Register = void (*)(const void* begin, std::size_t bytes);
  const auto add = reinterpret_cast<Register>(dlsym(RTLD_DEFAULT, "__lsan_register_root_region"));
  const Stretch<Native>& range = process_heap.root().range;
  if (add != nullptr) add(reinterpret_cast<const void*>(range.address), range.bytes);
}

}  // namespace arenite
