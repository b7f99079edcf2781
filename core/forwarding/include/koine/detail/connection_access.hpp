// Has moved to <koine/lease/connection_access.hpp>.
#pragma once

#include <koine/lease/connection_access.hpp>
