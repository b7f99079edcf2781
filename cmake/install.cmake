# The CMake package: find_package(Koine), then link Koine::koine or single components.
include(CMakePackageConfigHelpers)

set(koine_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/koine")
# A static library passes its client libraries on to the final link; a shared one keeps them to
# itself.
if(BUILD_SHARED_LIBS OR KOINE_PLUGIN_DRIVERS)
  set(KOINE_NEEDS_SQLITE3 OFF)
  set(KOINE_NEEDS_LIBPQ OFF)
  set(KOINE_NEEDS_LIBMARIADB OFF)
else()
  set(KOINE_NEEDS_SQLITE3 ${KOINE_DRIVER_SQLITE3})
  set(KOINE_NEEDS_LIBPQ ${KOINE_DRIVER_LIBPQ})
  set(KOINE_NEEDS_LIBMARIADB ${KOINE_DRIVER_LIBMARIADB})
endif()

configure_package_config_file(cmake/koine-config.cmake.in "${PROJECT_BINARY_DIR}/koine-config.cmake"
  INSTALL_DESTINATION "${koine_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/koine-config-version.cmake"
  VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/koine-config.cmake" "${PROJECT_BINARY_DIR}/koine-config-version.cmake" cmake/FindLibMariaDB.cmake
  DESTINATION "${koine_package_dir}")
install(FILES cmake/koine_plugin.cmake DESTINATION "${koine_package_dir}" RENAME koine-plugin.cmake)
install(EXPORT KoineTargets NAMESPACE Koine:: FILE koine-targets.cmake DESTINATION "${koine_package_dir}")
