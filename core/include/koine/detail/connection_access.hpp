// How the unit of work reaches the link of the connection that it leased.
#pragma once

#include <koine/api.hpp>
#include <koine/connection.hpp>
#include <koine/detail/link.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct KOINE_API connection_access {
    // Valid until the connection is closed. Throws usage_error if it is closed or belongs to a parent process.
    static link& link_of(const connection& on);
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
