# SPDX-License-Identifier: Apache-2.0
# `cmake --install` puts headers, libraries and a package file in place: find_package(raywave) then gives raywave::raywave
# (every room), or single rooms as raywave::paths, raywave::io, ...
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(raywave_rooms GLOBAL PROPERTY RAYWAVE_ROOMS)
add_library(raywave_all INTERFACE)
add_library(raywave::raywave ALIAS raywave_all)
set_target_properties(raywave_all PROPERTIES EXPORT_NAME raywave)
target_link_libraries(raywave_all INTERFACE ${raywave_rooms})

set(raywave_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/raywave)
install(TARGETS raywave_all ${raywave_rooms} EXPORT raywaveTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
if(TARGET raywave_program)
  install(TARGETS raywave_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sdk)
endif()
get_property(raywave_plugins GLOBAL PROPERTY RAYWAVE_CUDA_PLUGINS)
if(raywave_plugins)
  install(TARGETS ${raywave_plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/raywave DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk
  FILES_MATCHING PATTERN "*.h" PATTERN "cli" EXCLUDE
  # private to their room: they hold third-party types
  PATTERN "mitsuba_xml.h" EXCLUDE PATTERN "toml_table.h" EXCLUDE PATTERN "test_*.h" EXCLUDE)
install(EXPORT raywaveTargets NAMESPACE raywave:: DESTINATION ${raywave_package_dir} COMPONENT sdk)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/raywaveConfig.cmake.in ${PROJECT_BINARY_DIR}/raywaveConfig.cmake
  INSTALL_DESTINATION ${raywave_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/raywaveConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/raywaveConfig.cmake ${PROJECT_BINARY_DIR}/raywaveConfigVersion.cmake
  DESTINATION ${raywave_package_dir} COMPONENT sdk)
