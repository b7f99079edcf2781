// Has moved to <koine/wire/open_results.hpp>.
#pragma once

#include <koine/wire/open_results.hpp>
