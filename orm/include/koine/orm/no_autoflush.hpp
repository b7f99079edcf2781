// A stretch of code in which a session does not flush by itself.
#pragma once

#include <koine/api.hpp>
#include <koine/orm/detail/unit_of_work.hpp>

namespace koine {
inline namespace v1 {

// While it lives, queries, get() and execute() of the session do not flush. Move-only.
class KOINE_API no_autoflush {
public:
    no_autoflush(no_autoflush&& other) noexcept;
    no_autoflush& operator=(no_autoflush&&) = delete;
    ~no_autoflush();

private:
    friend class session;
    explicit no_autoflush(detail::session_handle session) noexcept;
    detail::session_handle session_;
};

}  // namespace v1
}  // namespace koine
