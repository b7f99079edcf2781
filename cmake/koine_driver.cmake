# koine_driver(<name> [<client library target>...])
#
# Declares the driver in the current folder: the component driver_<name>, which the bundle links,
# and the plugin koine_plugin_<name>, which is loaded at run time. With KOINE_PLUGIN_DRIVERS the
# plugin is what is built and installed, and the component is only there for the tests.
#
# The driver's public header koine/drivers/<name>.hpp declares koine::<name>_driver_init, which the
# plugin exports as its entry point. Calls into the client library go without the linkage table.
set(koine_driver_options -fno-plt -fvisibility=hidden)

function(koine_driver name)
  set(component_kind)
  if(KOINE_PLUGIN_DRIVERS)
    set(component_kind STATIC NO_INSTALL)
  endif()
  koine_component(NAME driver_${name} ${component_kind} DEPENDS Koine::contract PRIVATE_LIBS ${ARGN} COMPILE_OPTIONS ${koine_driver_options})

  set(target koine_plugin_${name})
  set(entry "${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp")
  file(CONFIGURE OUTPUT "${entry}" @ONLY CONTENT [[
#include <koine/drivers/@name@.hpp>

koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error) { return koine::@name@_driver_init(abi, out, error); }
]])
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp")
  koine_plugin(${target} DRIVER ${name} "${entry}" ${sources})
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE Koine::contract ${ARGN})
  target_compile_options(${target} PRIVATE ${koine_driver_options})
  koine_warnings(${target})
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib/koine")
  if(KOINE_PLUGIN_DRIVERS)
    add_dependencies(libraries ${target})
    if(BUILD_SHARED_LIBS)
      set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/..")
    endif()
    if(KOINE_INSTALL)
      install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/koine")
    endif()
  else()
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()
