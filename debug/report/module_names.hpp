// SPDX-License-Identifier: MIT
// The names of frames by what is loaded in this process. Signal-safe; one report at a time.
#pragma once

#include "debug/report/frame_names.hpp"
#include "debug/stacks/modules.hpp"

namespace arenite {

class ModuleNames {
 public:
  constexpr ModuleNames() = default;
  ModuleNames(const ModuleNames&) = delete;
  ModuleNames& operator=(const ModuleNames&) = delete;

  FrameNames names() { return {this, &find}; }

 private:
  static bool find(void* self, Address pc, FrameName& name) {
    ModuleFrame& frame = static_cast<ModuleNames*>(self)->frame_;
    if (!find_module(pc, frame)) return false;
    name = {frame.path, frame.offset, {frame.build_id, frame.build_id_bytes}};
    return true;
  }

  ModuleFrame frame_;
};

}  // namespace arenite
