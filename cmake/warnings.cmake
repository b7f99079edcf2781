# koine_warnings(target): the warnings every source of this project is compiled with. They are
# errors only when Koine is the top-level project, so that a newer compiler cannot break a build
# that embeds Koine.
function(koine_warnings target)
  # Clang's -Wconversion includes signs, GCC's does not: the same set on both.
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>)
  # With -O3 it takes the library's own copying of short texts for overlapping (GCC bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
