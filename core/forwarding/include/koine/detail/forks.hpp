// Has moved to <koine/platform/forks.hpp>.
#pragma once

#include <koine/platform/forks.hpp>
