# SPDX-License-Identifier: MIT
# How a component, a test and a delivered target are built. Every rule about flags stands here and nowhere else.

include_guard(GLOBAL)

find_program(ARENITE_CCACHE ccache)
mark_as_advanced(ARENITE_CCACHE)
if(ARENITE_CCACHE)
  foreach(language IN ITEMS C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER ${ARENITE_CCACHE})
    endif()
  endforeach()
endif()

# arenite::warnings: linked PRIVATE, so that a user of a component never inherits them.
add_library(arenite_warnings INTERFACE)
add_library(arenite::warnings ALIAS arenite_warnings)
target_compile_options(arenite_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2 -Wundef
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wextra-semi>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wduplicated-cond -Wlogical-op>
  # GoogleTest's TYPED_TEST_SUITE without a trailing argument is a GNU extension in clang's eyes.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-gnu-zero-variadic-macro-arguments>
  $<$<BOOL:${ARENITE_WERROR}>:-Werror>)

# arenite::sanitize: whatever instrumentation ARENITE_SANITIZE asks for; empty otherwise.
add_library(arenite_sanitize INTERFACE)
add_library(arenite::sanitize ALIAS arenite_sanitize)
if(ARENITE_SANITIZE STREQUAL "coverage")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ARENITE_SANITIZE=coverage needs clang; use --preset coverage")
  endif()
  # Counters that lie in a mapped file: what a program did counts, however it ends.
  target_compile_options(arenite_sanitize INTERFACE -fprofile-instr-generate -fcoverage-mapping
    "SHELL:-mllvm -runtime-counter-relocation")
  target_link_options(arenite_sanitize INTERFACE -fprofile-instr-generate)
elseif(ARENITE_SANITIZE)
  target_compile_options(arenite_sanitize INTERFACE
    -fsanitize=${ARENITE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(arenite_sanitize INTERFACE -fsanitize=${ARENITE_SANITIZE})
endif()
if(ARENITE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ARENITE_FUZZ needs clang; use --preset fuzz")
  endif()
  # Coverage builds replay corpora only; their tests are linked without the fuzzer's runtime.
  if(NOT ARENITE_SANITIZE STREQUAL "coverage")
    target_compile_options(arenite_sanitize INTERFACE -fsanitize=fuzzer-no-link)
  endif()
endif()

# Whether the libraries themselves are built, and what runs programs on them. A sanitizer brings its own malloc, and so does what
# libFuzzer links; counters of coverage do not.
if(ARENITE_SANITIZE STREQUAL "coverage" OR NOT (ARENITE_SANITIZE OR ARENITE_FUZZ))
  set(ARENITE_DELIVERS ON)
else()
  set(ARENITE_DELIVERS OFF)
endif()

# Adds the named sub-directories, in the order given; one that has no CMakeLists.txt is not there yet and is passed over.
function(arenite_add_existing)
  foreach(directory IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/CMakeLists.txt)
      add_subdirectory(${directory})
    endif()
  endforeach()
endfunction()

# pool -> arenite::pool; a name with :: in it, or a link flag, stays as it is.
function(_arenite_link_names out)
  set(names)
  foreach(name IN LISTS ARGN)
    if(name MATCHES "::|^-|^\\$")
      list(APPEND names ${name})
    else()
      list(APPEND names arenite::${name})
    endif()
  endforeach()
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# arenite_target_defaults(<target> [NO_SANITIZE])
# What every compiled target of the project has: C++20, include directories, warnings, instrumentation, hidden symbols, PIC.
# BUILD_INTERFACE keeps all of it out of the installed package.
function(arenite_target_defaults target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_SANITIZE" "" "")
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib/include>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:arenite::warnings>)
  if(NOT arg_NO_SANITIZE)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:arenite::sanitize>)
  endif()
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# arenite_component(<name> HEADERS a.hpp... [SOURCES a.cpp...] [DEPENDS other...])
# Makes arenite_<name>, alias arenite::<name>: INTERFACE without SOURCES, else STATIC. DEPENDS are public.
function(arenite_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPENDS")
  if(arg_UNPARSED_ARGUMENTS OR NOT (arg_HEADERS OR arg_SOURCES))
    message(FATAL_ERROR "arenite_component(${name}): give HEADERS or SOURCES; unknown: '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  _arenite_link_names(links ${arg_DEPENDS})
  set(target arenite_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES} ${arg_HEADERS})
    arenite_target_defaults(${target})
    target_link_libraries(${target} PUBLIC ${links})
  else()
    add_library(${target} INTERFACE ${arg_HEADERS})
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_include_directories(${target} INTERFACE
      ${PROJECT_SOURCE_DIR}/lib ${PROJECT_SOURCE_DIR}/lib/include ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE ${links})
  endif()
  add_library(arenite::${name} ALIAS ${target})
endfunction()

# arenite_test(<name> SOURCES a_test.cpp... [DEPENDS component...] [LABELS label...] [NO_SANITIZE] [OPTIMIZED])
# A GoogleTest executable <name> in bin, each of its tests known to CTest as <name>.<Suite>.<Test>. Nothing if ARENITE_TESTS is off.
# NO_SANITIZE: the test cannot live under a sanitizer (it replaces malloc, say). The components it links are instrumented
# in such a build and need the runtime, so there it is not built at all; elsewhere it carries the label nosan.
# A test that only must not *run* there, or is to run under ThreadSanitizer in ci/test, says LABELS nosan, LABELS tsan.
# Its sources are compiled without optimisation, which takes a third of the time, unless it computes too much
# for that, or looks at what compiled code leaves on the stack: OPTIMIZED, or labelled prop.
function(arenite_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_SANITIZE;OPTIMIZED" "" "SOURCES;DEPENDS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "arenite_test(${name}): give SOURCES; unknown: '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT ARENITE_TESTS)
    return()
  endif()
  if(arg_NO_SANITIZE)
    if(ARENITE_SANITIZE AND NOT ARENITE_SANITIZE STREQUAL "coverage")
      return()
    endif()
    list(APPEND arg_LABELS nosan)
  endif()
  # ThreadSanitizer has nothing to say about a test of one thread.
  if(ARENITE_SANITIZE STREQUAL "thread" AND NOT "tsan" IN_LIST arg_LABELS)
    return()
  endif()
  _arenite_link_names(links ${arg_DEPENDS})
  add_executable(${name} ${arg_SOURCES})
  arenite_target_defaults(${name})
  if(NOT arg_OPTIMIZED AND NOT "prop" IN_LIST arg_LABELS)
    target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  endif()
  target_link_libraries(${name} PRIVATE ${links} GTest::gmock GTest::gtest_main Threads::Threads)
  gtest_discover_tests(${name}
    TEST_PREFIX ${name}.
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 200
    PROPERTIES TIMEOUT 400)
  # gtest_discover_tests keeps only the first of several labels; the list of tests it leaves behind takes them all.
  if(arg_LABELS)
    set(labels_file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
    file(CONFIGURE OUTPUT ${labels_file} @ONLY CONTENT
      "foreach(test IN LISTS @name@_TESTS)\n  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"@arg_LABELS@\")\nendforeach()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels_file})
  endif()
endfunction()

if(ARENITE_TESTS)
  include(GoogleTest)
endif()
