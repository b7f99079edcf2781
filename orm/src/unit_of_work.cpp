// The functions behind the typed faces.
#include <koine/orm/detail/unit_of_work.hpp>

#include <cstring>
#include <string>

#include <koine/error.hpp>

#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t head_nodes = 2;  // the word and its table

object_header& given(const void* object) {
    if (object == nullptr) throw_usage("an empty reference was given to the session");
    return *header_of(object);
}

}  // namespace

void throw_moved_from() {
    throw_usage("the session was moved from");
}

void* add_object(session_core& session, const entity_info& entity, void* object) {
    return session.add(entity, object);
}

void insert_object(session_core& session, const entity_info& entity, void* object) {
    session.insert(entity, object);
}

void* get_object(session_core& session, const entity_info& entity, std::int64_t key) {
    void* const object = session.get(entity, key);
    if (object != nullptr) retain(object);
    return object;
}

void* get_object(session_core& session, const entity_info& entity, std::span<const koine_value> key) {
    void* const object = session.get(entity, key);
    if (object != nullptr) retain(object);
    return object;
}

void attach_object(session_core& session, const void* object) {
    session.attach(given(object));
}
void delete_object(session_core& session, const void* object) {
    session.mark_deleted(given(object));
}
void refresh_object(session_core& session, const void* object) {
    session.refresh(given(object));
}
void expunge_object(session_core& session, const void* object) {
    session.expunge(given(object));
}
bool object_is_modified(session_core& session, const void* object) {
    return session.is_modified(given(object));
}

bool object_is_attached(const session_core& session, const void* object) noexcept {
    if (object == nullptr || !session.owns(*header_of(object))) return false;
    const object_state state = header_of(object)->state;
    return state == object_state::pending || state == object_state::persistent || state == object_state::deleting;
}

void append_clauses(syntax::fragment& to, const syntax::fragment& select) {
    const std::span<const syntax::node> nodes = select.nodes().subspan(head_nodes);
    std::uint32_t bound = 0;
    for (const syntax::node& n : nodes) {
        // A table's address is not mistaken for a node: it only ever follows one that says so.
        const bool after_column = &n != nodes.data() && (&n - 1)->kind == syntax::op::column;
        if (after_column)
            to.push(n.kind, n.index, n.detail, n.size);
        else
            to.push_from(select, n, bound);
    }
}

syntax::fragment with_head(const syntax::fragment& select, syntax::op kind) {
    const table_info* table;
    std::memcpy(&table, &select.nodes()[1], sizeof table);
    syntax::fragment out;
    out.push_table(kind, table);
    append_clauses(out, select);
    return out;
}

bool fixes_primary_key(const syntax::fragment& select, const table_info& table) noexcept {
    const std::span<const syntax::node> nodes = select.nodes().subspan(head_nodes);
    // The usual one: column, table, bind, eq, where.
    if (nodes.size() == 5 && table.primary_key.size() == 1 && nodes[0].kind == syntax::op::column &&
        nodes[0].index == table.primary_key[0] && nodes[2].kind == syntax::op::bind && nodes[3].kind == syntax::op::eq)
        return nodes[4].kind == syntax::op::where;
    std::size_t found = 0;
    // Groups of: column, table, bind, eq; joined by and_, closed by where.
    for (std::size_t i = 0; i < nodes.size();) {
        if (nodes[i].kind == syntax::op::and_ || nodes[i].kind == syntax::op::where) {
            ++i;
            continue;
        }
        if (i + 3 >= nodes.size() || nodes[i].kind != syntax::op::column || nodes[i + 2].kind != syntax::op::bind ||
            nodes[i + 3].kind != syntax::op::eq)
            return false;
        if (table.columns[nodes[i].index].primary_key) ++found;
        i += 4;
    }
    // Each column once: a condition that is given twice does not stand in for another one.
    if (table.primary_key.size() > 1 && found != 0) {
        for (const std::uint16_t key : table.primary_key) {
            bool there = false;
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                if (nodes[i].kind == syntax::op::column) {
                    there = there || nodes[i].index == key;
                    i += 3;
                }
            }
            if (!there) return false;
        }
        return true;
    }
    return found != 0;
}

void raise_row_count(const entity_info& entity, errc code) {
    error_info info;
    info.code = code;
    info.table = std::string{entity.table->name};
    info.message = "the query for one " + std::string{entity.class_name} + " in table " + info.table + " found " +
                   (code == errc::no_row ? "none" : "more than one");
    throw_error(std::move(info));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
