# SPDX-License-Identifier: MIT
# What `cmake --install` gives. Components: runtime (shared library), devel (headers, static library, packages), tools (CLI, its manual, completions, gdb commands, schemas),
# python (the module `arenite`).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(arenite_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/arenite)
set(arenite_delivered)

if(TARGET arenite_shared)
  set_target_properties(arenite_shared PROPERTIES
    EXPORT_NAME arenite VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  list(APPEND arenite_delivered arenite_shared)
endif()
if(TARGET arenite_static)
  set_target_properties(arenite_static PROPERTIES EXPORT_NAME arenite_static)
  # The archive throws bad_alloc; a C program that links it needs the C++ runtime, which its own linker does not add.
  target_link_libraries(arenite_static INTERFACE $<INSTALL_INTERFACE:Threads::Threads> $<INSTALL_INTERFACE:stdc++>)
  list(APPEND arenite_delivered arenite_static)
endif()

if(arenite_delivered)
  install(TARGETS ${arenite_delivered}
    EXPORT areniteTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT devel
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT devel
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT areniteTargets
    NAMESPACE arenite:: DESTINATION ${arenite_package_dir} COMPONENT devel)

  configure_package_config_file(
    ${CMAKE_CURRENT_LIST_DIR}/areniteConfig.cmake.in ${PROJECT_BINARY_DIR}/areniteConfig.cmake
    INSTALL_DESTINATION ${arenite_package_dir}
    NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/areniteConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES
    ${PROJECT_BINARY_DIR}/areniteConfig.cmake ${PROJECT_BINARY_DIR}/areniteConfigVersion.cmake
    DESTINATION ${arenite_package_dir} COMPONENT devel)

  # The prefix is found from where the .pc file lies, so that `cmake --install --prefix` and a moved tree both work.
  if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(arenite_pc_prefix ${CMAKE_INSTALL_PREFIX})
    set(arenite_pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
    set(arenite_pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  else()
    file(RELATIVE_PATH arenite_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" arenite_pc_up "${arenite_pc_up}")
    set(arenite_pc_prefix "\${pcfiledir}/${arenite_pc_up}")
    set(arenite_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(arenite_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/arenite.pc.in ${PROJECT_BINARY_DIR}/arenite.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/arenite.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT devel)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/lib/include/arenite)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/include/arenite
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT devel
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
endif()

# Plain Python, for any interpreter from 3.7 on.
install(FILES ${PROJECT_SOURCE_DIR}/lib/frontend/cpython/module/arenite.py
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/python3/dist-packages COMPONENT python)

if(TARGET arenite_cli)
  install(TARGETS arenite_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  set(arenite_cli_built ${PROJECT_BINARY_DIR}/debug/cli)
  install(FILES ${arenite_cli_built}/arenite.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
  install(FILES ${arenite_cli_built}/arenite.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME arenite COMPONENT tools)
  install(FILES ${arenite_cli_built}/_arenite DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT tools)
  install(FILES ${arenite_cli_built}/arenite.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
  install(FILES ${PROJECT_SOURCE_DIR}/debug/cli/arenite.gdb DESTINATION ${CMAKE_INSTALL_DATADIR}/arenite COMPONENT tools)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/debug/cli/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/arenite COMPONENT tools
    FILES_MATCHING PATTERN "*.json")
endif()
