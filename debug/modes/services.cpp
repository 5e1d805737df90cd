// SPDX-License-Identifier: MIT
// What fuzzers and programs ask of a sanitizer, done by the debug layer.
#include "debug/modes/services.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "debug/leaks/leak_control.hpp"
#include "debug/modes/fuzzer_runtime.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/lost_blocks.hpp"
#include "debug/modes/sanitizer_interface.hpp"
#include "debug/modes/say.hpp"
#include "debug/report/output.hpp"
#include "debug/stacks/capture.hpp"
#include "debug/stacks/modules.hpp"

namespace arenite {
namespace {

void print_stack(void*) {
  Address frames[kMaxFrames];
  const unsigned count = capture_stack(frames, kMaxFrames);
  for (unsigned i = 0; i < count; ++i) {
    ModuleFrame module;
    Text<1024> line;
    line << "    #" << i << " " << Hex{frames[i]};
    if (find_module(frames[i], module))
      line << " (" << module.path << "+" << Hex{module.offset} << ")";
    line << "\n";
    write_all(STDERR_FILENO, {line.data(), line.size()});
  }
}

bool module_of(void*, Address pc, char* path, std::size_t bytes, Address& offset) {
  ModuleFrame module;
  if (bytes == 0 || !find_module(pc, module)) return false;
  std::strncpy(path, module.path, bytes - 1);
  path[bytes - 1] = '\0';
  offset = module.offset;
  return true;
}

constexpr SanitizerServices kServices = {
    .context = nullptr,
    .report_leaks = [](void*) { return report_leaks() != 0; },
    .end_for_leaks = [](void*) { ::_exit(static_cast<int>(layer.options.leak_exit_code)); },
    .ignore_block =
        [](void*, Address at) {
          BlockFacts facts;
          if (find_block(at, facts)) ignore_block(facts);
        },
    .add_root = [](void*, Address begin,
                   std::size_t bytes) { add_root_region({begin, begin + bytes}); },
    .remove_root = [](void*, Address begin,
                      std::size_t bytes) { remove_root_region({begin, begin + bytes}); },
    .print_stack = print_stack,
    .print_profile = nullptr,
    .purge =
        [](void*) {
          const ToolsLookAway away(*layer.annotator);
          if (layer.has_guarded()) layer.guarded.drain();
          process_trim();
        },
    .module_of = module_of,
    .set_report_descriptor = [](void*, int descriptor) { layer.desk.set_descriptor(descriptor); },
};

}  // namespace

void start_services() {
  install_sanitizer_services(&kServices);
  if (!layer.has_guarded()) return;
  if (const char* notice = fuzzer_asks_another_runtime()) say(notice);
}

}  // namespace arenite
