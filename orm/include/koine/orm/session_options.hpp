// Settings of a session.
#pragma once

#include <koine/isolation.hpp>

namespace koine {
inline namespace v1 {

struct session_options {
    bool autoflush = true;               // queries flush first, so that they see what the session holds
    transaction_options transaction{};  // of each transaction that the session begins
};

}  // namespace v1
}  // namespace koine
