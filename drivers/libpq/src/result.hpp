// Ownership of what libpq allocates.
#pragma once

#include <cstdint>
#include <memory>

#include <libpq-fe.h>

namespace koine::libpq {

struct clear_result {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
// Rows that a command changed; -1 for a command that changes none.
std::int64_t affected_rows(PGresult* result) noexcept;

using result_ptr = std::unique_ptr<PGresult, clear_result>;

}  // namespace koine::libpq
