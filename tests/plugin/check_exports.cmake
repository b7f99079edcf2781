# Fails unless LIBRARY defines SYMBOL for others, and nothing else.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
list(TRANSFORM lines REPLACE " .*" "")
if(NOT lines STREQUAL SYMBOL)
  message(FATAL_ERROR "${LIBRARY} exports ${lines}, not ${SYMBOL} alone")
endif()
