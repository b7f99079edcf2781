// metadata: a set of tables, in the order in which they can be created.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <koine/api.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {

class engine;

// The tables of a program, or of a part of it. Holds pointers to tables, which live as long as the
// program. A value type; not thread-safe.
class KOINE_API metadata {
public:
    metadata();
    metadata(const metadata&);
    metadata(metadata&&) noexcept;
    metadata& operator=(const metadata&);
    metadata& operator=(metadata&&) noexcept;
    ~metadata();

    // Adds the table of T; a table that is there already is not added again.
    template <class T>
    metadata& add() {
        return add(detail::entity_of<T>().table);
    }
    metadata& add(const table_info* table);

    // Every table after those that its foreign keys refer to, otherwise in the order they were
    // added. References inside a circle of tables (see cyclic()) and references to tables that were
    // not added do not count. Valid until the next add(); those of a temporary are the caller's.
    std::span<const table_info* const> tables() const& noexcept;
    std::vector<const table_info*> tables() && noexcept { return std::move(tables_); }
    // The tables on a circle of references, each with one at least that cannot be created with the
    // table. A table that refers to itself alone is none of them. Valid as those of tables().
    std::span<const table_info* const> cyclic() const& noexcept;
    std::vector<const table_info*> cyclic() && noexcept { return std::move(cyclic_); }

    // Creates the tables that are missing, in one transaction where the database can do that. Never
    // drops, never alters. Several processes may do it at once: a table that another one makes
    // meanwhile is waited for and taken as it is. Throws usage_error for types or names that the
    // dialect cannot express, and what the database says.
    void create_all(const engine& on) const;
    // Drops the tables that are there, those that refer to others first.
    void drop_all(const engine& on) const;

private:
    void sort();

    std::vector<const table_info*> added_{};
    std::vector<const table_info*> tables_{};
    std::vector<const table_info*> cyclic_{};
};

// The tables of these classes: koine::map<User, Post>().create_all(engine).
template <class... T>
metadata map() {
    metadata tables;
    (tables.add<T>(), ...);
    return tables;
}

}  // namespace v1
}  // namespace koine
