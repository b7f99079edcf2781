// A savepoint of a session.
#pragma once

#include <cstdint>

#include <koine/api.hpp>
#include <koine/orm/detail/unit_of_work.hpp>

namespace koine {
inline namespace v1 {

// Made by session::begin_nested(). Ended by commit() or rollback(), or with the transaction; left
// without either it is rolled back, without waiting for the server. Move-only; belongs to its
// session's thread.
class KOINE_API savepoint {
public:
    savepoint(savepoint&& other) noexcept;
    savepoint& operator=(savepoint&& other) noexcept;
    ~savepoint();

    // Flushes and keeps what was done since, for the transaction around it to decide on. Throws
    // usage_error if the savepoint has ended or one inside of it is open, and what flush() throws.
    void commit();
    // Takes back what was done since, in the database and in the objects; also after a failed
    // flush. Savepoints inside of it end. Throws usage_error if the savepoint has ended,
    // koine::error if the connection is lost.
    void rollback();
    bool active() const noexcept;

private:
    friend class session;
    savepoint(detail::session_handle session, std::uint64_t id) noexcept;

    detail::session_handle session_;
    std::uint64_t id_;
};

}  // namespace v1
}  // namespace koine
