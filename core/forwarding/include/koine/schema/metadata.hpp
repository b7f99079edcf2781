// Has moved to <koine/mapping/metadata.hpp>.
#pragma once

#include <koine/mapping/metadata.hpp>
