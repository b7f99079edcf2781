// scoped_session: a session for each scope (the thread by default), made at its first use.
#pragma once

#include <cstdint>
#include <utility>

#include <koine/api.hpp>
#include <koine/here.hpp>
#include <koine/orm/session.hpp>
#include <koine/orm/sessionmaker.hpp>
#include <koine/scope_registry.hpp>

namespace koine {
inline namespace v1 {

// A registry of sessions, and a stand-in for the one of the caller's scope: what it is told is done
// by that session. Fit to be a global object: it does nothing until it is configured.
//
// remove() belongs at the end of a request. A thread that ends without it lets go of its session
// without talking to the database: a connection in its idle state goes back to the pool, one with
// an open transaction is closed in the background and counted as abandoned.
//
// Thread-safe, except for configure(), construction and destruction. Before it is configured every
// other call throws usage_error; besides, each call throws what the session's own throws.
class KOINE_API scoped_session {
public:
    scoped_session() noexcept = default;
    // As configure().
    explicit scoped_session(sessionmaker maker);
    explicit scoped_session(sessionmaker maker, scope_function scope);
    scoped_session(const scoped_session&) = delete;
    scoped_session& operator=(const scoped_session&) = delete;
    // Ends the session of the caller's thread; those of other threads end with them. With a scope
    // function, ends all.
    ~scoped_session();

    // Sessions are made by `maker` from now on; with a scope function, one for each of its keys.
    // Sessions that exist are forgotten as by the destructor.
    void configure(sessionmaker maker);
    void configure(sessionmaker maker, scope_function scope);

    // The session of this scope, made if there is none.
    session& current() {
        if (registry_ != nullptr) [[likely]] {
            if (void* const found = registry_->find()) [[likely]]
                return *static_cast<session*>(found);
        }
        return make();
    }
    session& operator()() { return current(); }
    session* operator->() { return &current(); }
    // Whether the scope has a session.
    bool has_session() const { return registry_ != nullptr && registry_->find() != nullptr; }
    // Rolls back, gives the connection back and forgets the scope's session. Nothing happens if
    // there is none.
    void remove();

    template <class T>
    auto add(T&& object) {
        return current().add(std::forward<T>(object));
    }
    template <class T>
    decltype(auto) insert(T&& object) {
        return current().insert(std::forward<T>(object));
    }
    template <class T, class... Key>
    ref<T> get(const Key&... key) {
        return current().get<T>(key...);
    }
    template <class T>
    void delete_(const ref<T>& object) {
        current().delete_(object);
    }
    template <class T>
    void refresh(const ref<T>& object) {
        current().refresh(object);
    }
    template <class T>
    void expunge(const ref<T>& object) {
        current().expunge(object);
    }
    void expunge_all() { current().expunge_all(); }
    template <class T>
    koine::query<T> query(const here& where = here::now()) {
        return current().query<T>(where);
    }
    rows execute(const text_statement& statement) { return current().execute(statement); }
    void flush() { current().flush(); }
    void commit() { current().commit(); }
    void rollback() { current().rollback(); }
    savepoint begin_nested() { return current().begin_nested(); }
    bool in_transaction() { return has_session() && current().in_transaction(); }
    bool is_modified() { return has_session() && current().is_modified(); }
    koine::no_autoflush no_autoflush() { return current().no_autoflush(); }
    template <class Work>
    decltype(auto) begin(Work&& work) {
        return current().begin(std::forward<Work>(work));
    }
    template <class Work>
    decltype(auto) run(const retry& policy, Work&& work) {
        return current().run(policy, std::forward<Work>(work));
    }

private:
    KOINE_COLD session& make();

    sessionmaker maker_{};
    scope_registry* registry_ = nullptr;  // owned; null before configure()
};

}  // namespace v1
}  // namespace koine
