#include <koine/create_engine.hpp>

#include <memory>
#include <utility>

#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/registry.hpp>
#if defined(KOINE_WITH_LIBMARIADB)
#include <koine/drivers/libmariadb.hpp>
#endif
#if defined(KOINE_WITH_SQLITE3)
#include <koine/drivers/sqlite3.hpp>
#endif
#if defined(KOINE_WITH_LIBPQ)
#include <koine/drivers/libpq.hpp>
#endif

namespace koine {
inline namespace v1 {

void register_builtin(registry& names) {
    names.add_dialect(std::make_shared<const dialects::sqlite>(), "sqlite3");
    names.add_dialect(std::make_shared<const dialects::postgresql>(), "libpq");
    names.add_dialect(std::make_shared<const dialects::mariadb>(), "libmariadb");
    names.add_dialect(std::make_shared<const dialects::mysql>(), "libmariadb");
#if defined(KOINE_WITH_SQLITE3)
    names.add_driver("sqlite3", &sqlite3_driver_init);
#endif
#if defined(KOINE_WITH_LIBPQ)
    names.add_driver("libpq", &libpq_driver_init);
#endif
#if defined(KOINE_WITH_LIBMARIADB)
    names.add_driver("libmariadb", &libmariadb_driver_init);
#endif
}

registry& default_registry() {
    // Never destroyed: engines of other static objects may still look names up while the process
    // ends.
    static registry& names = *[] {
        auto made = std::make_unique<registry>();
        register_builtin(*made);
        made->search_plugins(plugin_path::from_environment());
        return made.release();
    }();
    return names;
}

engine create_engine(const koine::url& url) {
    return create_engine(url, engine_options{});
}

engine create_engine(const koine::url& url, engine_options options) {
    return create_engine(url, default_registry(), std::move(options));
}

}  // namespace v1
}  // namespace koine
