// SPDX-License-Identifier: MIT
// The debug layer of a process that a memory-checking tool watches: the same slow paths, with each
// block told to the tool. What the tool finds it reports itself, with its own stacks; the layer
// adds what the tool cannot know: changed guard bytes, wrong families and sizes.
#pragma once

#include "debug/annotate/annotator.hpp"
#include "debug/options/options.hpp"
#include "interface/interceptor.hpp"

namespace arenite {

/// As `diverting_slow_paths`, over which they are laid.
extern constinit const Interceptor annotated_slow_paths;

/// Makes of the options what makes sense under the tool: debug mode, without what the tool does
/// better. Says so if a mode was asked for that is not served.
void suit_tool(const Annotator& tool, Options& options);

/// When constructors run: what needs the dynamic linker.
void introduce_to_tool(const Annotator& tool);

}  // namespace arenite
