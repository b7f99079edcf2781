// Settings of a session.
#pragma once

#include <koine/isolation.hpp>

namespace koine {
inline namespace v1 {

struct session_options {
    // queries flush first, so that they see what the session holds
    bool autoflush = true;
    transaction_options transaction{};  // of each transaction that the session begins
};

}  // namespace v1
}  // namespace koine
