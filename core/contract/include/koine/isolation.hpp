// How a transaction is to run.
#pragma once

#include <cstdint>

namespace koine {
inline namespace v1 {

// Isolation levels of ISO/IEC 9075, and autocommit: no transaction at all, each statement is its
// own.
enum class isolation : std::uint8_t {
    default_,
    read_uncommitted,
    read_committed,
    repeatable_read,
    serializable,
    autocommit
};

// Characteristics of one transaction. default_ means the engine's setting, or the backend's own.
struct transaction_options {
    koine::isolation isolation = koine::isolation::default_;
    bool read_only = false;
    bool deferrable = false;  // PostgreSQL: wait for a safe snapshot (serializable, read only)
};

}  // namespace v1
}  // namespace koine
