// Making and dropping the tables of a metadata.
#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/lease/connection_lease.hpp>
#include <koine/mapping/metadata.hpp>

namespace koine {
inline namespace v1 {

namespace {

koine_value text(std::string_view value) noexcept {
    koine_value out{};
    out.tag = KOINE_TEXT;
    out.len = static_cast<std::uint32_t>(value.size());
    out.u.p = value.data();
    return out;
}

bool exists(detail::driver_connection& on, const table_info& table) {
    detail::prepared& query = on.prepare(on.dialect().table_exists());
    const std::array<koine_value, 2> names{text(table.schema), text(table.name)};
    const bool found = on.execute(query, names) != 0;
    on.finish(query);
    return found;
}

void run(detail::driver_connection& on, const std::string& statement) {
    detail::prepared& once = on.prepare(statement, true);
    try {
        on.execute(once, {});
        on.finish(once);
    } catch (...) {
        on.discard(once);
        throw;
    }
    on.discard(once);
}

bool contains(std::span<const table_info* const> tables, const table_info* table) {
    return std::find(tables.begin(), tables.end(), table) != tables.end();
}

// Those of the tables that are not there.
std::vector<const table_info*> missing(detail::driver_connection& on, std::span<const table_info* const> tables) {
    std::vector<const table_info*> found;
    std::copy_if(tables.begin(), tables.end(), std::back_inserter(found),
                 [&](const table_info* table) { return !exists(on, *table); });
    return found;
}

// Makes the tables in one transaction. Tables that refer to each other get their foreign keys when
// all of them are there: `circular` are those that were made and have none yet.
void create(detail::driver_connection& on, std::span<const table_info* const> tables,
            std::span<const table_info* const> cyclic, std::vector<const table_info*>& circular) {
    for (const table_info* table : tables) {
        const bool whole = !contains(cyclic, table);
        for (const std::string& statement : on.dialect().create_table(*table, whole)) run(on, statement);
        if (!whole) circular.push_back(table);
    }
    for (; !circular.empty(); circular.pop_back())
        for (const std::string& statement : on.dialect().add_foreign_keys(*circular.back())) run(on, statement);
    on.commit();
}

}  // namespace

void metadata::create_all(const engine& on) const {
    detail::connection_lease lease{on};
    std::vector<const table_info*> wanted = missing(*lease, tables_);
    std::vector<const table_info*> circular;
    while (!wanted.empty() || !circular.empty()) {
        try {
            create(*lease, wanted, cyclic_, circular);
            break;
        } catch (const error& why) {
            if (why.poisons_connection()) throw;
            // Somebody else may have made some of them since they were looked for. Then there is
            // less to do.
            lease->rollback();
            std::vector<const table_info*> left = missing(*lease, wanted);
            if (left.size() == wanted.size()) throw;
            wanted = std::move(left);
            // Where DDL commits, what was made before the failure has stayed.
            if (lease->dialect().features().transactional_ddl) circular.clear();
        }
    }
    lease->commit();
    lease.release();
}

void metadata::drop_all(const engine& on) const {
    detail::connection_lease lease{on};
    // From the first statement on: what drop_foreign_keys() asks of SQLite holds until the
    // transaction ends.
    lease->begin({.isolation = isolation::serializable});
    for (const table_info* table : cyclic_)
        if (exists(*lease, *table))
            for (const std::string& statement : lease->dialect().drop_foreign_keys(*table)) run(*lease, statement);
    for (auto table = tables_.rbegin(); table != tables_.rend(); ++table)
        if (exists(*lease, **table)) run(*lease, lease->dialect().drop_table(**table));
    lease->commit();
    lease.release();
}

}  // namespace v1
}  // namespace koine
