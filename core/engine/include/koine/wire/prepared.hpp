// A statement prepared on one connection.
#pragma once

#include <cstdint>
#include <memory>

#include <koine/driver_abi.h>
#include <koine/dialect.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Owned by the connection; a pointer stays valid until the next prepare on that connection, or for
// an entity statement as long as the connection lives.
struct prepared {
    koine_statement* handle = nullptr;
    std::shared_ptr<const compiled> text{};
    std::uint32_t columns = 0;
    std::uint32_t parameters = 0;
    std::uint32_t expected_rows = 0;  // of its last complete result, to reserve memory by
    std::uint32_t block_rows = 0;     // rows that `cells` has room for; 0 only without columns
    // the last block, row-major; valid until the statement's next fetch, finish or execute
    std::unique_ptr<koine_value[]> cells{};
    std::uint32_t prepare_flags = 0;  // KOINE_PREPARE_*
    // What an execution needs beyond a call of the driver. Nearly all need nothing, which is one
    // comparison.
    enum extra : std::uint8_t {
        late_columns = 1,         // they are told by each execution
        may_end_transaction = 2,  // the text is not Koine's own
        outdated = 4,             // has to be prepared anew before it runs again
        // placeholders take the values in another order than they are given
        reorders = 8
    };
    std::uint8_t extras = 0;
    bool read_only = false;
    bool running = false;  // a result is open
    bool once = false;     // belongs to whoever prepared it; see driver_connection::discard

    bool needs(extra one) const noexcept { return (extras & one) != 0; }
    void add(extra one, bool really = true) noexcept {
        if (really) extras = static_cast<std::uint8_t>(extras | one);
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
