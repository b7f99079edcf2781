// Has moved to <koine/lease/connection_lease.hpp>.
#pragma once

#include <koine/lease/connection_lease.hpp>
