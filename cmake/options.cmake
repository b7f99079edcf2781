# Every switch of the build, in one place.
#
# | option                  | default               | meaning                                                  |
# |-------------------------|-----------------------|----------------------------------------------------------|
# | KOINE_BUILD_TESTS       | top-level project     | tests, lints and the header self-test                    |
# | KOINE_BUILD_EXAMPLES    | top-level project     | examples/                                                |
# | KOINE_BUILD_BENCH       | top-level project     | bench/                                                   |
# | KOINE_INSTALL           | top-level project     | install rules and the CMake package                      |
# | KOINE_DRIVER_SQLITE3    | SQLite found          | driver for SQLite, needs libsqlite3-dev                  |
# | KOINE_DRIVER_LIBPQ      | libpq found           | driver for PostgreSQL, needs libpq-dev                   |
# | KOINE_DRIVER_LIBMARIADB | libmariadb found      | driver for MariaDB and MySQL, needs libmariadb-dev       |
# | KOINE_PLUGIN_DRIVERS    | OFF                   | drivers become plugins that are loaded at run time       |
# | KOINE_TESTING_SUITE     | KOINE_BUILD_TESTS     | Koine::testing, the conformance suite for authors of     |
# |                         |                       | drivers and dialects; needs GoogleTest                   |
# | KOINE_SANITIZE          | empty                 | value for -fsanitize=, such as address,undefined         |
# | BUILD_SHARED_LIBS       | OFF                   | shared instead of static libraries (CMake's own option)  |

option(KOINE_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(KOINE_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(KOINE_BUILD_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(KOINE_INSTALL "Install the libraries and their CMake package" ${PROJECT_IS_TOP_LEVEL})

find_package(Threads REQUIRED)
find_package(SQLite3 3.38 QUIET)
find_package(PostgreSQL 14 QUIET)
find_package(LibMariaDB 3.3 QUIET)
option(KOINE_DRIVER_SQLITE3 "Build the SQLite driver" ${SQLite3_FOUND})
option(KOINE_DRIVER_LIBPQ "Build the PostgreSQL driver" ${PostgreSQL_FOUND})
option(KOINE_DRIVER_LIBMARIADB "Build the MariaDB and MySQL driver" ${LibMariaDB_FOUND})
if(KOINE_DRIVER_SQLITE3)
  find_package(SQLite3 3.38 REQUIRED)
endif()
if(KOINE_DRIVER_LIBPQ)
  find_package(PostgreSQL 14 REQUIRED)
endif()
if(KOINE_DRIVER_LIBMARIADB)
  find_package(LibMariaDB 3.3 REQUIRED)
endif()
if(KOINE_DRIVER_LIBPQ OR KOINE_DRIVER_LIBMARIADB)
  # Their TLS library: what it keeps of helper threads, and a queue of errors that libmariadb does
  # not look after.
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
endif()

option(KOINE_PLUGIN_DRIVERS "Build the drivers as plugins, loaded at run time" OFF)
option(KOINE_TESTING_SUITE "Build and install the conformance suite" ${KOINE_BUILD_TESTS})

set(KOINE_SANITIZE "" CACHE STRING "Value for -fsanitize=, such as address,undefined or thread")

include(GNUInstallDirs)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()

  # Paths relative to the source tree make object files equal in every clone, so that clones share
  # one ccache.
  set(koine_path_map "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
  add_compile_options("${koine_path_map}")
  find_program(KOINE_CCACHE ccache)
  mark_as_advanced(KOINE_CCACHE)
  foreach(language IN ITEMS C CXX)
    if(KOINE_CCACHE AND NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" "${KOINE_CCACHE}")
    endif()
  endforeach()

  include(CheckLinkerFlag)
  check_linker_flag(CXX "-fuse-ld=mold" KOINE_HAVE_MOLD)
  if(KOINE_HAVE_MOLD)
    add_link_options("-fuse-ld=mold")
  endif()
endif()
