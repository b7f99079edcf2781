// Has moved to <koine/wire/driver_connection.hpp>.
#pragma once

#include <koine/wire/driver_connection.hpp>
