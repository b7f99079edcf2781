# MariaDB Connector/C: the target LibMariaDB::LibMariaDB, LibMariaDB_FOUND and LibMariaDB_VERSION.
find_path(LibMariaDB_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb)
find_library(LibMariaDB_LIBRARY NAMES mariadb libmariadb)
mark_as_advanced(LibMariaDB_INCLUDE_DIR LibMariaDB_LIBRARY)

set(LibMariaDB_VERSION)
if(LibMariaDB_INCLUDE_DIR AND EXISTS "${LibMariaDB_INCLUDE_DIR}/mariadb_version.h")
  file(STRINGS "${LibMariaDB_INCLUDE_DIR}/mariadb_version.h" _line REGEX "define[ \t]+MARIADB_PACKAGE_VERSION[ \t]+\"")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" LibMariaDB_VERSION "${_line}")
  unset(_line)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibMariaDB REQUIRED_VARS LibMariaDB_LIBRARY LibMariaDB_INCLUDE_DIR VERSION_VAR LibMariaDB_VERSION)

if(LibMariaDB_FOUND AND NOT TARGET LibMariaDB::LibMariaDB)
  add_library(LibMariaDB::LibMariaDB UNKNOWN IMPORTED)
  set_target_properties(LibMariaDB::LibMariaDB PROPERTIES
    IMPORTED_LOCATION "${LibMariaDB_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibMariaDB_INCLUDE_DIR}")
endif()
