# Builds and runs consumer/ in the way named by WAY; see CMakeLists.txt beside this file.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}: ${status}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(arguments -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_C_COMPILER=${C_COMPILER}"
  -DCMAKE_BUILD_TYPE=Debug "-DKOINE_EXPECTED_VERSION=${VERSION}")
if(CCACHE)
  list(APPEND arguments "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}")
endif()

# The source of the consumer is copied, so that nothing beside it can help it to compile.
set(consumer "${WORK}/${WAY}/source")
set(build "${WORK}/${WAY}/build")
file(REMOVE_RECURSE "${WORK}/${WAY}/source")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/consumer/" DESTINATION "${consumer}")

if(WAY STREQUAL "subdirectory")
  list(APPEND arguments "-DKOINE_SOURCE=${SOURCE}" -DBUILD_SHARED_LIBS=ON -DKOINE_INSTALL=ON)
else()
  set(prefix "${WORK}/${WAY}/prefix")
  file(REMOVE_RECURSE "${prefix}" "${build}")
  if(WAY STREQUAL "installed_shared")
    set(BUILD "${WORK}/subdirectory/build")
  endif()
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")
  list(APPEND arguments "-DCMAKE_PREFIX_PATH=${prefix}")
endif()

run("${CMAKE_COMMAND}" -S "${consumer}" -B "${build}" ${arguments})
run("${CMAKE_COMMAND}" --build "${build}")
run("${build}/host")
run("${build}/consumer")
message(STATUS "consumer: ${output}")
