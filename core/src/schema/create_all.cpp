// Making and dropping the tables of a metadata.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include <koine/detail/link_lease.hpp>
#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/schema/metadata.hpp>

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

bool exists(detail::link& on, const table_info& table) {
    detail::prepared& query = on.prepare(on.dialect().table_exists());
    const std::array<koine_value, 2> names{text(table.schema), text(table.name)};
    const bool found = on.execute(query, names) != 0;
    on.finish(query);
    return found;
}

void run(detail::link& on, const std::string& statement) {
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

}  // namespace

void metadata::create_all(const engine& on) const {
    detail::link_lease lease{on};
    std::vector<const table_info*> circular;
    for (const table_info* table : tables_) {
        if (exists(*lease, *table)) continue;
        // Tables that refer to each other get their foreign keys when all of them are there.
        const bool whole = !contains(cyclic_, table);
        if (!whole) circular.push_back(table);
        for (const std::string& statement : lease->dialect().create_table(*table, whole)) run(*lease, statement);
    }
    for (const table_info* table : circular)
        for (const std::string& statement : lease->dialect().add_foreign_keys(*table)) run(*lease, statement);
    lease->commit();
    lease.release();
}

void metadata::drop_all(const engine& on) const {
    detail::link_lease lease{on};
    // From the first statement on: what drop_foreign_keys() asks of SQLite holds until the transaction ends.
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
