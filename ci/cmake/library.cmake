# SPDX-License-Identifier: MIT
# The delivered libraries: every object of the allocator and of its in-process audit, compiled once, linked twice. They take
# no exceptions, no C++ runtime and no instrumentation, but for counters of coverage: a sanitizer brings its own malloc, so
# sanitized builds do without.

if(NOT ARENITE_DELIVERS)
  return()
endif()

# What every process runs, in fast mode with nothing asked, stands first: the kernel maps code and constants in windows of
# 64 KiB around what is touched, and code that is met by all is to lie in the first. It just fits: what a C program meets stands
# before the operators of C++ and the words of options. How much is mapped in the end depends on where the library comes to lie.
set(arenite_met_by_all
  lib/os/lock.cpp lib/os/linux_pages.cpp lib/os/build_id.cpp
  lib/frontend/malloc/family.cpp debug/modes/choose.cpp debug/modes/start.cpp
  debug/annotate/annotator.cpp debug/annotate/memcheck.cpp debug/annotate/address_sanitizer.cpp
  debug/annotate/memory_sanitizer.cpp
  lib/frontend/process/process_heap.cpp lib/frontend/cxx/operators.cpp
  debug/modes/forwarded.cpp debug/options/options.cpp)

# The debug layer: the sources of its components, bottom-up, as their folders list them; and what puts them together.
set(arenite_debug_layer)
foreach(component IN ITEMS options fill stacks python report annotate page_guard ranges leaks pools sanitizer_interface)
  get_target_property(folder arenite_${component} SOURCE_DIR)
  get_target_property(sources arenite_${component} SOURCES)
  list(FILTER sources INCLUDE REGEX "[.]cpp$")
  list(TRANSFORM sources PREPEND ${folder}/)
  list(APPEND arenite_debug_layer ${sources})
endforeach()
list(APPEND arenite_debug_layer
  debug/modes/annotated.cpp debug/modes/arn_debug.cpp debug/modes/arn_pool.cpp
  debug/modes/debug_root.cpp debug/modes/debug_thread.cpp debug/modes/fail_record.cpp debug/modes/faults.cpp
  debug/modes/filters.cpp debug/modes/incident.cpp debug/modes/layer.cpp debug/modes/lost_blocks.cpp
  debug/modes/new_modules.cpp debug/modes/own_operators.cpp debug/modes/page_blocks.cpp debug/modes/sample.cpp
  debug/modes/serve.cpp debug/modes/services.cpp)
list(REMOVE_ITEM arenite_debug_layer ${arenite_met_by_all})

add_library(arenite_objects OBJECT
  ${arenite_met_by_all}
  lib/base/contract.cpp
  lib/heap/statistics.cpp
  lib/frontend/process/process_statistics.cpp
  lib/frontend/malloc/information.cpp
  lib/frontend/cxx/nothrow.cpp
  lib/frontend/c/api.cpp
  lib/frontend/c/own_heap.cpp
  lib/frontend/cpython/domains.cpp
  lib/frontend/cpython/install.cpp
  lib/frontend/cpython/interpreter.cpp
  debug/memory/mappings.cpp
  debug/audit/in_process.cpp
  debug/audit/arn_audit.cpp
  ${arenite_debug_layer})
arenite_target_defaults(arenite_objects)
# The operators' names are the C++ runtime's and the family's are the C library's.
target_compile_options(arenite_objects PRIVATE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics> -fno-plt
  # Without it, what a thread has would be looked up by the loader, which is one more library.
  -ftls-model=initial-exec)
# The one place that catches; its names of the C++ runtime are weak.
set_source_files_properties(lib/frontend/cxx/nothrow.cpp PROPERTIES COMPILE_OPTIONS -fexceptions)

# Only the shared library puts itself before the C library's dlopen.
add_library(arenite_shared SHARED $<TARGET_OBJECTS:arenite_objects> lib/os/deepbind.cpp)
arenite_target_defaults(arenite_shared)
# With the C linker driver, and what is not needed left out, nothing of a C++ runtime comes along.
set_target_properties(arenite_shared PROPERTIES OUTPUT_NAME arenite LINKER_LANGUAGE C)
target_link_options(arenite_shared PRIVATE
  -Wl,--as-needed -Wl,-z,now -Wl,-z,defs -Wl,--build-id=sha1 -Wl,-Bsymbolic-functions
  # Two mappings less for every process that starts: adr/015, `true`.
  -Wl,-z,noseparate-code
  # What runs at start and end stands in init_array and fini_array; the two empty functions would be a window each.
  -Wl,-init=arenite_no_init -Wl,-fini=arenite_no_fini
  # pthread_atfork is linked in, and called at start: taken from its archive before the objects, it stands with the first.
  -Wl,-u,pthread_atfork -lc_nonshared)
add_library(arenite::arenite ALIAS arenite_shared)

add_library(arenite_static STATIC $<TARGET_OBJECTS:arenite_objects>)
arenite_target_defaults(arenite_static)
set_target_properties(arenite_static PROPERTIES OUTPUT_NAME arenite)
add_library(arenite::arenite_static ALIAS arenite_static)

foreach(target IN ITEMS arenite_shared arenite_static)
  target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:Threads::Threads>)
endforeach()
