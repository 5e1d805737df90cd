// SPDX-License-Identifier: MIT
#include "debug/annotate/annotator.hpp"

#include <atomic>

#include "debug/annotate/models.hpp"

namespace arenite {
namespace {

const Annotator& choose() {
  if (const Annotator* found = memcheck_annotator()) return *found;
  if (const Annotator* found = address_sanitizer_annotator()) return *found;
  if (const Annotator* found = memory_sanitizer_annotator()) return *found;
  return kNoTool;
}

constinit std::atomic<const Annotator*> chosen = nullptr;

}  // namespace

constinit const Annotator kNoTool = {
    .name = "none",
    .watched = false,
    .keeps_stacks = false,
    .looks_away = false,
    .block_handed_out = [](Address, std::size_t, std::size_t, bool) {},
    .block_freed = [](Address, std::size_t, std::size_t) {},
    .block_resized = [](Address, std::size_t, std::size_t, std::size_t) {},
    .make_inaccessible = [](Address, std::size_t) {},
    .make_accessible_undefined = [](Address, std::size_t) {},
    .make_defined = [](Address, std::size_t) {},
    .pool_created = [](Address) {},
    .pool_destroyed = [](Address) {},
    .pool_memory_added = [](Address, Address, std::size_t) {},
    .pool_memory_removed = [](Address, Address, std::size_t) {},
    .look_away = [] {},
    .look_back = [] {},
};

const Annotator& annotator_of_process() {
  // Relaxed: what it points to is constant, and all threads choose the same.
  const Annotator* annotator = chosen.load(std::memory_order_relaxed);
  if (annotator == nullptr) {
    annotator = &choose();
    chosen.store(annotator, std::memory_order_relaxed);
  }
  return *annotator;
}

}  // namespace arenite
