# SPDX-License-Identifier: MIT
# Joins the page and writes it as C++: cmake -DPAGE=... -DSTYLE=... -DD3=a;b -DSCRIPTS=a;b -DOUT=... -P embed.cmake
# The files may hold anything but the delimiter of the literals.
cmake_minimum_required(VERSION 3.25)

function(read_all out)
  set(all "")
  foreach(file IN LISTS ARGN)
    file(READ ${file} text)
    string(APPEND all "${text}\n")
  endforeach()
  set(${out} "${all}" PARENT_SCOPE)
endfunction()

file(READ ${PAGE} page)
read_all(style ${STYLE})
read_all(d3 ${D3})
read_all(scripts ${SCRIPTS})
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@D3@" "${d3}" page "${page}")
string(REPLACE "@SCRIPTS@" "${scripts}" page "${page}")
string(FIND "${page}" "@DATA@" at)
if(at EQUAL -1)
  message(FATAL_ERROR "the page has no place for its data")
endif()
string(SUBSTRING "${page}" 0 ${at} head)
math(EXPR at "${at} + 6")
string(SUBSTRING "${page}" ${at} -1 tail)
file(WRITE ${OUT} "// Made from debug/map/page by debug/map/embed.cmake.
#include \"debug/map/page.hpp\"

namespace arenite::map {
const std::string_view kPageHead = R\"~arenite~(${head})~arenite~\";
const std::string_view kPageTail = R\"~arenite~(${tail})~arenite~\";
}  // namespace arenite::map
")
