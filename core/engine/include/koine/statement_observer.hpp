// Who is told of every statement that an engine runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include <koine/api.hpp>
#include <koine/error.hpp>
#include <koine/here.hpp>

namespace koine {
inline namespace v1 {

// A statement that was run, or that could not be. Views live as long as the call.
struct statement_event {
    std::string_view text{};
    // What was bound, as text in parentheses; empty where nobody wants values.
    std::string_view values{};
    // Until the server had answered; of statements that were sent together, that of all of them.
    std::chrono::nanoseconds duration{};
    // Rows changed, or of the result; -1 where that is not known, as for results that are streamed,
    // and for statements that were sent along with a query.
    std::int64_t rows = -1;
    // Null: it succeeded.
    const error_info* error = nullptr;
    // Where the text was made by sql(), or the query by session::query(); for what a session does
    // besides, where the session was made, for others where the connection was leased. Without a
    // file where that is not known.
    here place{};
};

// Derive from it. BEGIN, COMMIT, ROLLBACK and savepoints are told of too. Called on the thread that
// runs the statement, from several at once, in the middle of its call: the connection is not to be
// used. What it throws is ignored.
class KOINE_API statement_observer {
public:
    statement_observer() noexcept = default;
    statement_observer(const statement_observer&) = delete;
    statement_observer& operator=(const statement_observer&) = delete;
    virtual ~statement_observer();

    // Whether events are to have values, which may be secrets. Without a word, they have none.
    virtual bool wants_values() const noexcept;
    virtual void on_statement(const statement_event& what) = 0;
};

namespace detail {
class observers;
}

// A registration that ends with this object, for statements of leases that begin later. Move-only.
// A call that is running in another thread at that moment ends undisturbed: the observer is kept
// alive for it.
class KOINE_API statement_subscription {
public:
    statement_subscription() noexcept = default;
    statement_subscription(std::shared_ptr<detail::observers> home, const statement_observer* observer) noexcept;
    statement_subscription(statement_subscription&& other) noexcept;
    statement_subscription& operator=(statement_subscription&& other) noexcept;
    ~statement_subscription();

private:
    std::shared_ptr<detail::observers> home_{};
    const statement_observer* observer_ = nullptr;
};

// A list of observers, such as that of a session. A handle: copies share the same list.
// Thread-safe.
class KOINE_API statement_observers {
public:
    statement_observers();
    // Adds an observer (not null).
    [[nodiscard]] statement_subscription subscribe(std::shared_ptr<statement_observer> observer) const;
    // For those that tell it.
    const std::shared_ptr<detail::observers>& list() const noexcept { return list_; }

private:
    std::shared_ptr<detail::observers> list_;
};

}  // namespace v1
}  // namespace koine
