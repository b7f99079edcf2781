// Has moved to <koine/mapping/row_reader.hpp>.
#pragma once

#include <koine/mapping/row_reader.hpp>
