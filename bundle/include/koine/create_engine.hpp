// The convenient way to an engine: the dialects and drivers that are built in, registered once.
#pragma once

#include <koine/api.hpp>
#include <koine/engine.hpp>
#include <koine/url.hpp>

namespace koine {
inline namespace v1 {

class registry;

// Adds what this build has: dialects sqlite, postgresql, mariadb and mysql with their drivers
// sqlite3, libpq and, for both of the last, libmariadb. Throws usage_error if one is there already.
KOINE_API void register_builtin(registry& names);

// A registry with the built-in dialects and drivers, made at the first call and shared by the
// process. More can be added to it, and it looks for plugins where plugin_path::from_environment()
// said at that first call. Thread-safe.
KOINE_API registry& default_registry();

// Makes an engine from a URL, "sqlite:////var/lib/app.db" or "postgresql://app:secret@db/app", with
// the default registry. No I/O. Throws usage_error for a URL that cannot be read and for unknown
// dialects, drivers and options.
KOINE_API engine create_engine(const koine::url& url);
KOINE_API engine create_engine(const koine::url& url, engine_options options);

}  // namespace v1
}  // namespace koine
