// What the typed faces of session and query call: the unit of work without its types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/errc.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

class driver_connection;
struct prepared;
class session_core;
using session_handle = std::shared_ptr<session_core>;

// The running result of a SELECT. Flushes and executes when made; ends the result when it is left
// before its end.
class KOINE_API running_select {
public:
    running_select(session_core& session, const syntax::fragment& statement);
    running_select(const running_select&) = delete;
    running_select& operator=(const running_select&) = delete;
    ~running_select() {
        if (got_ != 0) [[unlikely]]
            stop();
    }

    // Rows that the result will probably have.
    std::uint32_t expected() const noexcept;
    // Rows in the block at hand; 0: there are no more.
    std::uint32_t got() const noexcept { return got_; }
    const koine_value* cells() const noexcept { return cells_; }
    void next();
    // Remembers the number of rows of a complete result.
    void complete(std::size_t rows) noexcept;
    // A row does not fit its class. Says which column.
    [[noreturn]] static void raise_bad_row(const entity_info& entity, const koine_value* cells);

private:
    void stop() noexcept;

    driver_connection* link_;
    prepared* statement_;
    const koine_value* cells_;
    std::uint32_t got_;
};

// The objects of a SELECT. They are not counted as referred to before retain(), which has to be
// called before anything else is done with the session.
class KOINE_API selected_objects {
public:
    selected_objects(session_core& session, const entity_info& entity, const syntax::fragment& statement);
    selected_objects(const selected_objects&) = delete;
    selected_objects& operator=(const selected_objects&) = delete;
    ~selected_objects();

    std::size_t size() const noexcept { return count_; }
    void* operator[](std::size_t i) const noexcept { return first_[i]; }
    void retain() const noexcept;

private:
    session_core& session_;
    std::vector<void*> objects_{};
    // of objects_, so that the loops of users instantiate nothing of the vector
    void* const* first_ = nullptr;
    std::size_t count_ = 0;
};
// The first `limit` objects of a SELECT, each counted as referred to once. Answers how many there
// are.
KOINE_API std::size_t select_few(session_core& session, const entity_info& entity, const syntax::fragment& statement,
                                 std::size_t limit, void** out);
// A SELECT of one number.
KOINE_API std::int64_t select_number(session_core& session, const syntax::fragment& statement);
// UPDATE or DELETE by query. Answers the rows affected. Objects of the class are read again when
// they are asked for next.
KOINE_API std::int64_t execute_change(session_core& session, const entity_info& entity,
                                      const syntax::fragment& statement);

// The session, or throws usage_error if there is none.
[[noreturn]] KOINE_API KOINE_COLD void throw_moved_from();
inline session_core& session_of(const session_handle& handle) {
    if (handle == nullptr) [[unlikely]]
        throw_moved_from();
    return *handle.get();
}

// Objects; the first three answer one that is counted as referred to once, the last two may answer
// null.
KOINE_API void* add_object(session_core& session, const entity_info& entity, void* object);
KOINE_API void* get_object(session_core& session, const entity_info& entity, std::int64_t key);
KOINE_API void* get_object(session_core& session, const entity_info& entity, std::span<const koine_value> key);
// Inserts a row for the object, which stays the caller's.
KOINE_API void insert_object(session_core& session, const entity_info& entity, void* object);
// Throw usage_error for the null pointer of an empty reference.
KOINE_API void attach_object(session_core& session, const void* object);
KOINE_API void delete_object(session_core& session, const void* object);
KOINE_API void refresh_object(session_core& session, const void* object);
KOINE_API void expunge_object(session_core& session, const void* object);
KOINE_API bool object_is_modified(session_core& session, const void* object);
KOINE_API bool object_is_attached(const session_core& session, const void* object) noexcept;

// The same conditions and order under another head, and behind one.
KOINE_API syntax::fragment with_head(const syntax::fragment& select, syntax::op kind);
KOINE_API void append_clauses(syntax::fragment& to, const syntax::fragment& select);
// Whether the conditions of a SELECT, joined by AND, give the whole primary key of the table its
// values, so that one row at most can satisfy them.
KOINE_API bool fixes_primary_key(const syntax::fragment& select, const table_info& table) noexcept;
[[noreturn]] KOINE_API void raise_row_count(const entity_info& entity, errc code);

}  // namespace detail
}  // namespace v1
}  // namespace koine
