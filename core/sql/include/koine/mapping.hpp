// Everything that a file with mapped classes and queries on them needs: tables, columns, types,
// predicates.
#pragma once

#include <koine/mapping/comparison.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/mapping/metadata.hpp>
#include <koine/mapping/rebase.hpp>
#include <koine/mapping/repr.hpp>
#include <koine/mapping/row_reader.hpp>
#include <koine/types/enumeration.hpp>
#include <koine/types/temporal.hpp>
#include <koine/types/text.hpp>
#include <koine/types/uuid.hpp>
