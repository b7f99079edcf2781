# Runs PROGRAM, the quickstart, on plain SQLite, then on SQLCipher with the plugins found in
# BUILD/plugins by the environment, and with the plugins installed to PLUGIN_DIRECTORY: it must tell
# the same each time. Without the plugins, one line says where they were looked for.
cmake_minimum_required(VERSION 3.25)
function(tell url environment)
  file(REMOVE "${BUILD}/quickstart.db")
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env ${environment} "${PROGRAM}" "${url}" OUTPUT_VARIABLE told ERROR_VARIABLE words
    RESULT_VARIABLE status)
  set(told "${told}" PARENT_SCOPE)
  set(words "${words}" PARENT_SCOPE)
  set(status "${status}" PARENT_SCOPE)
endfunction()

file(REMOVE "${PLUGIN_DIRECTORY}/libkoine_driver_sqlcipher.so" "${PLUGIN_DIRECTORY}/libkoine_dialect_sqlcipher.so")
set(encrypted "sqlcipher:///${BUILD}/quickstart.db?passphrase=kept%20to%20itself")
tell("sqlite:///${BUILD}/quickstart.db" --unset=KOINE_DRIVER_PATH)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "on SQLite the quickstart ends with ${status}: ${words}")
endif()
set(expected "${told}")

tell("${encrypted}" --unset=KOINE_DRIVER_PATH)
if(status EQUAL 0 OR NOT words MATCHES "unknown dialect `sqlcipher`.*there is no libkoine_dialect_sqlcipher.so in /")
  message(FATAL_ERROR "without its plugins the quickstart ends with ${status}: ${told}${words}")
endif()

foreach(way IN ITEMS environment installed)
  if(way STREQUAL "environment")
    set(environment "KOINE_DRIVER_PATH=${BUILD}/plugins")
  else()
    execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    set(environment --unset=KOINE_DRIVER_PATH)
  endif()
  tell("${encrypted}" "${environment}")
  if(NOT status EQUAL 0 OR NOT told STREQUAL expected)
    message(FATAL_ERROR "with the plugins found by the ${way} the quickstart ends with ${status} and tells\n${told}${words}instead of\n${expected}")
  endif()
endforeach()
