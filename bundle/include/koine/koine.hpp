// Everything, for small programs and examples. Larger ones include what they use.
#pragma once

#include <koine/connection.hpp>
#include <koine/create_engine.hpp>
#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/query.hpp>
#include <koine/orm/ref.hpp>
#include <koine/orm/scoped_session.hpp>
#include <koine/orm/session.hpp>
#include <koine/orm/sessionmaker.hpp>
#include <koine/url.hpp>
