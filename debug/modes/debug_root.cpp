// SPDX-License-Identifier: MIT
#include "debug/modes/debug_root.hpp"

#include "debug/guard/debug_root.hpp"
#include "debug/modes/layer.hpp"

extern "C" {
// Named for the note below alone.
[[gnu::visibility("hidden")]] constinit arenite::DebugRoot<arenite::Native> arenite_debug_root{};
}

namespace arenite {
namespace {

using Root = DebugRoot<Native>;

template <class T>
std::uint64_t address_of(const T& object) {
  return reinterpret_cast<std::uint64_t>(&object);
}

void describe_stacks(Root& root) {
  root.stack_words = layer.depot.words();
  root.stack_capacity = layer.depot.capacity_words();
  root.stack_used = address_of(layer.depot.used_words());
  root.script_names = address_of(layer.python.names());
}

}  // namespace

void publish_debug_root() {
  Root& root = arenite_debug_root;
  root.version = kDebugVersion;
  root.root_bytes = sizeof root;
  root.fingerprint = kDebugFingerprint;
  root.mode = static_cast<std::uint32_t>(layer.options.mode);
  root.seed = layer.seed;
  root.options_text = address_of(layer.settings);
  root.options_bytes = sizeof layer.settings;
  root.serials = address_of(layer.serials);
  if (layer.has_guarded()) layer.guarded.describe(root);
  if (layer.has_pages()) layer.pages.describe(root);
  describe_stacks(root);
  layer.threads.describe(root);
  // Release: whoever stops the process and sees the cookie sees what stands above.
  root.cookie.store(kDebugCookie, std::memory_order_release);
}

}  // namespace arenite

// As the heap's note (frontend/process/process_heap.cpp), with the type after it.
asm(R"(
  .pushsection .note.arenite, "a", @note
  .balign 4
  .long 8, 16, 2
  .asciz "Arenite"
  .quad 3
0:
  .quad arenite_debug_root - 0b
  .popsection
)");
static_assert(arenite::kDebugVersion == 3, "the note above repeats it");
