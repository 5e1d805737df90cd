// SPDX-License-Identifier: MIT
// The one way into all inputs: what a command needs of a process, a core or a snapshot comes from
// here. Throws CannotTell if there is no such thing, or no heap in it.
//
//   int blocks(const Source& source, Format format) {
//     const Examination seen = examine(source, [&](const AnyView& view, const Examination& now) {
//       for (const HeapReport& heap : now.heaps)
//         if (heap.complete()) walk(view, heap.result.plan);
//     });
//     ... print what `walk` gathered, end with seen.exit_code(reason) ...
//   }
//
// What `at_rest` reads through the view is hostile: bound every walk.
#pragma once

#include <functional>

#include "debug/memory/any_view.hpp"
#include "debug/target/examination.hpp"
#include "debug/target/source.hpp"

namespace arenite {

/// Called once, with the examination as `examine` will return it, while memory can be read.
using AtRest = std::function<void(const AnyView& view, const Examination& examination)>;

/// How long a live process stands; to files it makes no difference.
enum class Standing {
  briefly,     ///< while its heaps' tables are copied: other memory is read as it is later
  throughout,  ///< until `at_rest` returns
};

/// A process is looked at again while a lock of a heap is held, and while findings do not persist.
/// `told`, if there is one, is called while heaps are walked, also by `at_rest`.
Examination examine(const Source& source, const AtRest& at_rest = {},
                    Standing standing = Standing::briefly, const Told& told = {});

}  // namespace arenite
