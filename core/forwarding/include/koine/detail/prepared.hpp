// Has moved to <koine/wire/prepared.hpp>.
#pragma once

#include <koine/wire/prepared.hpp>
