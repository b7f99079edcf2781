# Installs Koine below a prefix of its own, as WAY says the static libraries of the build at hand or
# shared ones of a build of its own; builds third_party/ against what is installed, and runs its
# tests: plugins for a database that Koine has never seen.
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}: ${status}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(work "${WORK}/third_party_${WAY}")
set(prefix "${work}/prefix")
file(REMOVE_RECURSE "${prefix}" "${work}/source" "${work}/build")
# The sources are copied, so that nothing beside them can help them to compile.
file(COPY "${CMAKE_CURRENT_LIST_DIR}/third_party/" DESTINATION "${work}/source")
file(COPY "${SOURCE}/examples/quickstart/" DESTINATION "${work}/quickstart")
file(COPY "${SOURCE}/tests/plugin/check_exports.cmake" DESTINATION "${work}")

# Without debug information, which this needs not.
set(arguments -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_C_COMPILER=${C_COMPILER}" -DCMAKE_BUILD_TYPE=Debug
  "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -D_GLIBCXX_ASSERTIONS")
if(WAY STREQUAL "static")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")
else()
  run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${work}/koine" ${arguments} "-DCMAKE_INSTALL_PREFIX=${prefix}" -DBUILD_SHARED_LIBS=ON
    -DKOINE_TESTING_SUITE=ON -DKOINE_BUILD_TESTS=OFF -DKOINE_BUILD_BENCH=OFF -DKOINE_BUILD_EXAMPLES=OFF)
  run("${CMAKE_COMMAND}" --build "${work}/koine")
  run("${CMAKE_COMMAND}" --install "${work}/koine")
endif()

if(CCACHE)
  list(APPEND arguments "-DCMAKE_CXX_COMPILER_LAUNCHER=${CCACHE}")
endif()
run("${CMAKE_COMMAND}" -S "${work}/source" -B "${work}/build" ${arguments} "-DCMAKE_PREFIX_PATH=${prefix}"
  "-DQUICKSTART=${work}/quickstart" "-DCHECK_EXPORTS=${work}/check_exports.cmake")
run("${CMAKE_COMMAND}" --build "${work}/build")
run("${CMAKE_CTEST_COMMAND}" --test-dir "${work}/build" --output-on-failure --no-tests=error)
message(STATUS "${output}")
