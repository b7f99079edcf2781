// Has moved to <koine/pool_backend.hpp>.
#pragma once

#include <koine/pool_backend.hpp>
