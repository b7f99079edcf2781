// Ownership of what libpq allocates.
#pragma once

#include <cstdint>
#include <memory>

#include <libpq-fe.h>

namespace koine::libpq {

struct clear_result {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
// The number at the end of a command's tag ("INSERT 0 3", "UPDATE 3"), -1 if there is none
// ("BEGIN").
std::int64_t counted_rows(const char* tag) noexcept;
// Rows that a command changed; -1 for a command that changes none.
inline std::int64_t affected_rows(PGresult* result) noexcept {
    // Of the commands that begin with S none changes rows; SELECT counts those that it returned.
    const char* const tag = PQcmdStatus(result);
    return tag == nullptr || *tag == 'S' ? -1 : counted_rows(tag);
}

using result_ptr = std::unique_ptr<PGresult, clear_result>;

}  // namespace koine::libpq
