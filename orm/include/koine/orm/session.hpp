// A session: objects loaded once, watched, and written back as one unit of work.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <koine/api.hpp>
#include <koine/engine.hpp>
#include <koine/here.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/orm/no_autoflush.hpp>
#include <koine/orm/query.hpp>
#include <koine/orm/ref.hpp>
#include <koine/orm/savepoint.hpp>
#include <koine/orm/session_options.hpp>
#include <koine/retry.hpp>
#include <koine/rows.hpp>
#include <koine/sql/text.hpp>
#include <koine/statement_observer.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {

// A unit of work over an engine. It leases a connection with its first statement, begins a
// transaction there, and gives it back at commit(), rollback() and close().
//
// Every row is one object: what get() and queries answer for the same row is the same object, until
// the session lets go of it. Writing through a non-const ref is all it takes to change a row; the
// next flush finds what differs. Assignments through references that were kept are found as well,
// for as long as the session holds the object: across flush, commit and rollback.
//
// rollback() takes objects back to what the database has: assignments, inserts and deletes alike.
// Commit leaves the objects as they are; in a new transaction the first load of an object takes
// over the columns that nobody assigned to.
//
// After a flush or commit that failed, only rollback() and close() are accepted, and the objects
// are as they were. When the answer of COMMIT is lost (in_doubt_error), only close() is: the
// objects keep what was written to them, and every other call is a usage_error.
//
// Move-only, one thread at a time. Everything that talks to the database throws koine::error.
class KOINE_API session {
public:
    // No I/O. Throws usage_error for an empty engine.
    explicit session(koine::engine engine, session_options options = {}, const here& where = here::now());
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    // What is not committed is lost; nothing is sent that has to be waited for. Objects become
    // detached.
    ~session();

    // Takes an object in, to be inserted by the next flush. A generated key is there after the
    // flush.
    template <class T>
    requires(!std::is_reference_v<T> && !std::is_const_v<T>) ref<T> add(T&& object) {
        return ref<T>::adopt(detail::add_object(core(), detail::entity_of<T>(), &object));
    }
    template <class T>
    ref<T> add(const T& object) {
        return add(T{object});
    }
    // Takes a detached or transient object up again; one that has a row is updated where it differs
    // from its base. Nothing happens if the session holds it already; a pending delete is taken
    // back. Throws usage_error if it belongs to another session, its row was deleted, or the
    // session holds another object of the same row.
    template <class T>
    ref<T> add(const ref<T>& object) {
        detail::attach_object(core(), object.get());
        return object;
    }
    template <class T>
    ref<T> add(ref<T>&& object) {
        return add(static_cast<const ref<T>&>(object));
    }
    // Inserts a row for the object now, after a flush, and leaves the object to the caller: the
    // session neither keeps nor watches it. What the database makes of the row (a generated key, a
    // version, a server_default) is assigned to the object. The cheapest way to write a row. When
    // it throws, the object is as it was; unless nothing was sent yet, only rollback() and close()
    // are accepted then.
    template <class T>
    requires(!std::is_const_v<T>) void insert(T& object) {
        detail::insert_object(core(), detail::entity_of<T>(), &object);
    }
    // The same with an object that is only made for it, or with a copy. Answers it.
    template <class T>
    requires(!std::is_reference_v<T> && !std::is_const_v<T>) T insert(T&& object) {
        insert(object);
        return std::move(object);
    }
    template <class T>
    T insert(const T& object) {
        return insert(T{object});
    }
    // The object of this primary key, or an empty ref; composite keys in the order of the columns.
    // Answered without asking the database if the row was read in this transaction. New and deleted
    // objects that wait for a flush are flushed first.
    template <class T, class... Key>
    ref<T> get(const Key&... key);
    // The object's row is deleted by the next flush.
    template <class T>
    void delete_(const ref<T>& object) {
        detail::delete_object(core(), object.get());
    }
    // Reads the object's row again and overwrites all columns, assignments included. Throws error
    // (errc::stale_object) if the row is gone.
    template <class T>
    void refresh(const ref<T>& object) {
        detail::refresh_object(core(), object.get());
    }
    // Lets go of one object, or of all: they are detached, stay readable, and are found by no
    // flush.
    template <class T>
    void expunge(const ref<T>& object) {
        detail::expunge_object(core(), object.get());
    }
    void expunge_all();
    // Whether the next flush has anything to write of this object, or at all.
    template <class T>
    bool is_modified(const ref<T>& object) const {
        return detail::object_is_modified(core(), object.get());
    }
    bool is_modified() const;
    // Whether the session holds the object: pending, or with a row.
    template <class T>
    bool contains(const ref<T>& object) const {
        return detail::object_is_attached(core(), object.get());
    }

    // A query for objects of T. Behind the session's end running it is a usage_error.
    template <class T>
    koine::query<T> query(const here& where = here::now()) const {
        return koine::query<T>{handle(), where};
    }
    // Runs a text in the session's transaction, flushing first: execute(sql("select ... :n", {{"n",
    // name}})). The rows end with the transaction. Objects are read again when they are asked for
    // next. Throws koine::error; usage_error for BEGIN, COMMIT, ROLLBACK.
    rows execute(const text_statement& statement);

    // Writes what was added, assigned and deleted: inserts first, parents before children, then
    // updates and deletes, children before parents and in the order of the primary key. Every
    // UPDATE and DELETE must find its one row: throws serialization_error (errc::stale_object)
    // otherwise. Throws usage_error, without sending anything, if a primary key or a version was
    // assigned to, or rows refer to each other in a circle.
    void flush();
    // Flushes and commits. Throws in_doubt_error when the answer to COMMIT is lost, usage_error
    // inside of begin() and run(), which end their transaction themselves.
    void commit();
    // Rolls back, in the database and in the objects. A lost connection is no error here: its
    // transaction is gone as well. Throws usage_error inside of begin() and run().
    void rollback();
    // Flushes and opens a savepoint.
    savepoint begin_nested();
    // Rolls back what is not committed, gives the connection back and lets go of all objects. The
    // session can be used again.
    void close() noexcept;
    bool in_transaction() const noexcept;
    koine::no_autoflush no_autoflush();  // see there
    // Tells `observer` (not null) of every statement that the session runs, beside those of the
    // engine, until the subscription ends.
    [[nodiscard]] statement_subscription observe(std::shared_ptr<statement_observer> observer);

    // Runs work(session&) and commits; rolls back when it throws, and closes the session when that
    // cannot be done (in_doubt_error). Throws usage_error if a transaction is open already.
    template <class Work>
    decltype(auto) begin(Work&& work);
    // As begin(), and runs it again when it lost against another transaction. The work must be fit
    // to run several times. Throws usage_error if the session holds changes already, which a second
    // run would have lost.
    template <class Work>
    decltype(auto) run(const retry& policy, Work&& work) {
        refuse_changes();
        return detail::run_with_retry(policy, [&]() -> decltype(auto) { return begin(work); });
    }

    // For a thread that ends: as the destructor.
    void abandon() noexcept;

private:
    detail::session_core& core() const { return detail::session_of(core_); }
    const detail::session_handle& handle() const {
        detail::session_of(core_);
        return core_;
    }
    void start();
    void finish();
    void refuse_changes() const;
    void give_up() noexcept;

    detail::session_handle core_;
};

namespace detail {

// What a key column of this type takes.
template <class Key>
constexpr bool fits_key(sql_type type) {
    if constexpr (std::is_same_v<Key, bool>) {
        return type == sql_type::boolean;
    } else if constexpr (std::is_integral_v<Key>) {
        return type == sql_type::int64 || type == sql_type::int32 || type == sql_type::int16;
    } else if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
        return type == sql_type::text;
    } else {
        return type_traits<Key>::type == type;
    }
}

template <class Key>
koine_value bind_key(const Key& key, bind_context& context) {
    if constexpr (std::is_same_v<Key, bool>) {
        return integer_value(key ? 1 : 0, KOINE_BOOL);
    } else if constexpr (std::is_integral_v<Key>) {
        return integer_value(static_cast<std::int64_t>(key));
    } else if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
        return type_traits<std::string_view>::bind(key, context);
    } else {
        return type_traits<Key>::bind(key, context);
    }
}

// Whether a key column of this type can hold the value: an integer may be wider than the column.
template <class Key>
constexpr bool can_be_key(sql_type type, const Key& key) {
    if constexpr (std::is_integral_v<Key> && !std::is_same_v<Key, bool>) {
        const auto value = static_cast<std::int64_t>(key);
        if (std::is_unsigned_v<Key> && value < 0) return false;
        if (type == sql_type::int32) return value == static_cast<std::int32_t>(value);
        if (type == sql_type::int16) return value == static_cast<std::int16_t>(value);
    }
    return true;
}

template <class T, class... Key>
constexpr bool can_be_keys(const Key&... key) {
    constexpr auto& layout = entity_data<T>::layout;
    std::size_t i = 0;
    return (can_be_key(layout.columns[layout.key[i++]].type, key) && ...);
}

template <class T, class... Key>
constexpr bool fit_keys() {
    constexpr auto& layout = entity_data<T>::layout;
    std::size_t i = 0;
    return (fits_key<Key>(layout.columns[layout.key[i++]].type) && ...);
}

}  // namespace detail

template <class T, class... Key>
ref<T> session::get(const Key&... key) {
    const entity_info& entity = detail::entity_of<T>();
    constexpr bool right_number = sizeof...(Key) == detail::entity_data<T>::layout.key_count;
    static_assert(right_number, "koine: get() takes one value for each column of the primary key, in their order");
    if constexpr (right_number) {
        static_assert(detail::fit_keys<T, Key...>(),
                      "koine: get() takes values of the types of the primary key's columns");
        if (!detail::can_be_keys<T>(key...)) return {};
        if constexpr (sizeof...(Key) == 1 && (std::is_integral_v<Key> && ...)) {
            return ref<T>::adopt(detail::get_object(core(), entity, (static_cast<std::int64_t>(key), ...)));
        } else {
            bind_context context;
            const koine_value values[]{detail::bind_key(key, context)...};
            if (context.failed()) throw_usage(context.what());
            return ref<T>::adopt(detail::get_object(core(), entity, std::span<const koine_value>{values}));
        }
    } else {
        return {};
    }
}

template <class Work>
decltype(auto) session::begin(Work&& work) {
    start();
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work&, session&>>) {
            work(*this);
            finish();
        } else {
            auto result = work(*this);
            finish();
            return result;
        }
    } catch (...) {
        give_up();
        throw;
    }
}

}  // namespace v1
}  // namespace koine
