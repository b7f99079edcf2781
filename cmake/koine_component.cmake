# koine_component(NAME <name> [DEPENDS Koine::<component>...] [PUBLIC_LIBS <target>...]
# [PRIVATE_LIBS <target>...]
#                 [COMPILE_OPTIONS <flag>...] [STATIC] [NO_INSTALL])
#
# Declares the component in the current folder: include/** are its public headers, src/**.cpp its
# sources. New files are found by themselves. Makes the target koine_<name>, its alias
# Koine::<name>, its install and export rules, and the header self-test header_self_<name>.
#
# A component sees its own include/ and those of its DEPENDS, nothing else: an include against the
# layering does not compile. PRIVATE_LIBS (client libraries) are never seen by those who use the
# component. A folder without sources becomes a header-only library. STATIC: a static library
# whatever BUILD_SHARED_LIBS says.
add_custom_target(header_self COMMENT "Every public header compiles on its own")
# All components, without tests and examples.
add_custom_target(libraries DEPENDS header_self)

function(koine_component)
  cmake_parse_arguments(PARSE_ARGV 0 arg "STATIC;NO_INSTALL" "NAME" "DEPENDS;PUBLIC_LIBS;PRIVATE_LIBS;COMPILE_OPTIONS")
  if(NOT arg_NAME OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "koine_component: NAME is required; unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(dependency IN LISTS arg_DEPENDS)
    if(NOT TARGET ${dependency})
      message(FATAL_ERROR "koine_component(${arg_NAME}): ${dependency} does not exist, or comes later in the layering")
    endif()
  endforeach()

  set(target koine_${arg_NAME})
  set(root "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${root}/include/*.hpp" "${root}/include/*.h")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${root}/src/*.cpp")

  if(sources)
    set(scope PUBLIC)
    set(kind)
    if(arg_STATIC)
      set(kind STATIC)
    endif()
    add_library(${target} ${kind} ${sources})
    target_include_directories(${target} PRIVATE "${root}/src")
    target_link_libraries(${target} PRIVATE ${arg_PRIVATE_LIBS})
    target_compile_options(${target} PRIVATE ${arg_COMPILE_OPTIONS})
    set_target_properties(${target} PROPERTIES
      C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
      CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON DEFINE_SYMBOL ""
      VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
    koine_warnings(${target})
    # Client libraries and the C library are called often and in small steps: straight, without the
    # linkage table; and the compiler may inline what another library could replace.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang>:-fno-plt -fno-semantic-interposition>)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      # It may end in a shared library of the application, which does not export it: its parts find
      # each other without a table.
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
      target_compile_definitions(${target} PUBLIC KOINE_STATIC_DEFINE)
    else()
      # Installed libraries find each other wherever they are put; a missing symbol is found when
      # linking, not later.
      set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
      if(NOT KOINE_SANITIZE)
        target_link_options(${target} PRIVATE -Wl,-z,defs)
      endif()
    endif()
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  add_dependencies(libraries ${target})
  add_library(Koine::${arg_NAME} ALIAS ${target})
  target_include_directories(${target} ${scope}
    "$<BUILD_INTERFACE:${root}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} ${scope} ${arg_DEPENDS} ${arg_PUBLIC_LIBS})
  target_compile_features(${target} ${scope} cxx_std_20)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME})
  if(NOT PROJECT_IS_TOP_LEVEL)
    # The warnings of the project around are not those of these headers.
    set_target_properties(${target} PROPERTIES SYSTEM ON)
  endif()

  if(KOINE_INSTALL AND NOT arg_NO_INSTALL)
    install(TARGETS ${target} EXPORT KoineTargets)
    if(headers)
      install(DIRECTORY "${root}/include/" TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
    endif()
  endif()
  if(KOINE_BUILD_TESTS)
    koine_header_self(${arg_NAME} "${root}/include" ${headers})
  endif()
endfunction()

# koine_header_self(name include_dir headers...): compiles each header first and twice in a file of
# its own; a .h header compiles as C and as C++.
function(koine_header_self name include_dir)
  set(files)
  foreach(header IN LISTS ARGN)
    file(RELATIVE_PATH path "${include_dir}" "${header}")
    set(languages cpp)
    if(path MATCHES "\\.h$")
      list(APPEND languages c)
    endif()
    foreach(language IN LISTS languages)
      set(file "${CMAKE_BINARY_DIR}/header_self/${name}/${path}.${language}")
      file(CONFIGURE OUTPUT "${file}" CONTENT "#include <${path}>\n#include <${path}>\n")
      list(APPEND files "${file}")
    endforeach()
  endforeach()
  if(NOT files)
    return()
  endif()
  set(target header_self_${name})
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${files})
  target_link_libraries(${target} PRIVATE Koine::${name})
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_EXTENSIONS OFF CXX_STANDARD 20 CXX_EXTENSIONS OFF)
  koine_warnings(${target})
  # Nothing of it is ever run: the optimiser would only take time.
  target_compile_options(${target} PRIVATE -O0 -g0)
  add_dependencies(header_self ${target})
endfunction()
