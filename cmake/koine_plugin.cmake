# koine_plugin(<target> DRIVER|DIALECT <name> <source>...)
#
# A shared library libkoine_driver_<name>.so or libkoine_dialect_<name>.so that Koine loads at run
# time. It exports its entry point and nothing else, so that neither it nor a client library that is
# linked into it statically can mix with others in the process. A driver sees Koine's headers alone
# (Koine::driver_spi); a dialect is linked with Koine::dialect_ansi. Further libraries are added by
# target_link_libraries().
#
# Installed with the CMake package, and used for this tree's own drivers.
function(koine_plugin target kind name)
  if(kind STREQUAL "DRIVER")
    set(library Koine::driver_spi)
  elseif(kind STREQUAL "DIALECT")
    set(library Koine::dialect_ansi)
  else()
    message(FATAL_ERROR "koine_plugin(${target}): DRIVER or DIALECT, not ${kind}")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "koine_plugin(${target}): the name '${name}' is not [a-z][a-z0-9_]{0,31}")
  endif()
  string(TOLOWER "${kind}" kind)
  set(symbols "${CMAKE_CURRENT_BINARY_DIR}/${target}.symbols")
  file(CONFIGURE OUTPUT "${symbols}" CONTENT "{ global: koine_${kind}_init; local: *; };\n")

  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE ${library})
  target_link_options(${target} PRIVATE "-Wl,--version-script=${symbols}")
  if(NOT KOINE_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME "koine_${kind}_${name}" PREFIX lib SUFFIX .so DEFINE_SYMBOL "" LINK_DEPENDS "${symbols}"
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()
