// SPDX-License-Identifier: MIT
// The second step of coming to life: what needs the dynamic linker and the C library, done when
// constructors run; and the last things, when destructors do.
#include <link.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "debug/annotate/annotator.hpp"
#include "debug/modes/annotated.hpp"
#include "debug/modes/faults.hpp"
#include "debug/modes/incident.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/lost_blocks.hpp"
#include "debug/modes/new_modules.hpp"
#include "debug/modes/say.hpp"
#include "debug/modes/serve.hpp"
#include "debug/modes/services.hpp"
#include "debug/ranges/check.hpp"
#include "debug/ranges/wrappers.hpp"
#include "debug/report/helper.hpp"
#include "debug/report/module_names.hpp"
#include "debug/stacks/capture.hpp"
#include "debug/stacks/loaded_objects.hpp"

extern "C" [[gnu::weak]] const char* arenite_default_options();

namespace arenite {
namespace {

constinit ModuleNames names;

bool find_python_place(void*, Address word, ScriptPlace& place) {
  PythonPlace found;
  if (!layer.python.place(word, found)) return false;
  place = {found.file, found.function, found.line};
  return true;
}

static_assert(sizeof layer.symbolizer == sizeof layer.options.symbolizer);

/// Leaves `layer.symbolizer` empty if there is none, or is to be none.
void choose_symbolizer() {
  if (!layer.options.symbolize) return;
  if (layer.options.symbolizer[0] != '\0')
    std::memcpy(layer.symbolizer, layer.options.symbolizer, sizeof layer.symbolizer);
  else if (!find_symbolizer(layer.symbolizer, sizeof layer.symbolizer))
    layer.symbolizer[0] = '\0';
}

void open_desk() {
  choose_symbolizer();
  std::strncpy(layer.program, ::program_invocation_name, sizeof layer.program - 1);
  DeskSettings settings;
  settings.log_path = layer.options.log_path;
  settings.format = layer.options.format;
  settings.symbolizer = layer.symbolizer;
  settings.names = names.names();
  settings.names.find_script = find_python_place;
  layer.desk.open(settings);
}

/// Stacks begin behind the library's own frames, where it is a module of its own.
void pass_over_library() {
  LoadedObject own;
  if (find_object(reinterpret_cast<Address>(&pass_over_library), own) && own.name[0] != '\0')
    pass_over_own_frames({own.begin, own.end});
}

void range_found(const RangeFault& fault) {
  Incident incident;
  incident.fault = fault.fault;
  incident.access = fault.access;
  incident.access_bytes = fault.bytes;
  incident.bad = fault.bad;
  incident.operation = fault.function;
  incident.block = fault.block;
  report_incident(incident);
}

void watch_ranges() {
  const auto heap = [](Extent extent) {
    return RangeCheck::Heap{extent.begin, extent.end - extent.begin};
  };
  RangeCheck check;
  check.map = block_map();
  const Stretch<Native>& range = process_heap.root().range;
  check.heaps[0] = {range.address, range.bytes};
  check.heaps[1] = heap(layer.pages.reservation());
  check.found = range_found;
  set_range_check(check);
}

void redirect_calls() {
  bool added = add_module_functions(process_calls);
  if (layer.has_pages()) added = add_signal_functions(process_calls) && added;
  if (layer.has_guarded() && layer.options.ranges) {
    watch_ranges();
    added = add_range_functions(process_calls) && added;
  }
  if (!added) say("some functions are not checked: the table is full");
  process_calls.pass();
}

void check_on_signal(int) {
  const int kept = errno;
  std::size_t checked = 0;
  check_all_blocks("check on signal", checked);
  errno = kept;
}

void watch_signal() {
  if (layer.options.check_signal == 0) return;
  struct sigaction action{};
  action.sa_handler = check_on_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  if (::sigaction(static_cast<int>(layer.options.check_signal), &action, nullptr) != 0)
    say("check_signal: no such signal can be caught");
}

/// In fast mode with nothing said, the heap is opened by the first request, not here.
bool asked() {
  return &arenite_default_options != nullptr || std::getenv("ARENITE_OPTIONS") != nullptr ||
         annotator_of_process().watched;
}

[[gnu::constructor(102)]] void start() {
  const int kept = errno;
  if (asked() && process_open() && layer.opened) {
    prepare_objects();
    pass_over_library();
    layer.python.find_at_start();
    open_desk();
    if (layer.has_pages()) install_fault_handlers();
    redirect_calls();
    watch_signal();
    if (layer.options.leaks && !layer.has_guarded())
      say("leaks=on finds nothing in this mode: it takes mode=debug or mode=page");
    read_suppressions();
    start_services();
    introduce_to_tool(*layer.annotator);
    layer.started = true;
  }
  errno = kept;
}

void end_with_leaks() {
  // The streams are flushed after destructors; what the program printed is not to be lost.
  std::fflush(nullptr);
  ::_exit(static_cast<int>(layer.options.leak_exit_code));
}

[[gnu::destructor(102)]] void finish() {
  if (!layer.started) return;
  std::size_t checked = 0;
  if (layer.options.check_exit) check_all_blocks("check at exit", checked);
  if (layer.options.leaks && report_leaks() != 0 && layer.options.leak_exit_code != 0)
    end_with_leaks();
}

}  // namespace
}  // namespace arenite
