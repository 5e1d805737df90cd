// SPDX-License-Identifier: MIT
// Functions with frames of every form compilers make, each calling back. Compiled three times, as
// three namespaces: with frame pointers, without, and without at -O2. Test only.
#pragma once

namespace arenite {

/// Called at the bottom of each shape.
using Callback = void (*)(void* context);

struct Shape {
  const char* name;
  void (*call)(Callback callback, void* context);
};

inline constexpr unsigned kShapes = 8;

namespace shapes_with_frame_pointers {
extern const Shape shapes[kShapes];
}
namespace shapes_without_frame_pointers {
extern const Shape shapes[kShapes];
}
namespace shapes_optimised {
extern const Shape shapes[kShapes];
}

}  // namespace arenite
