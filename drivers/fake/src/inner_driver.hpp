// The other driver of a relay: its calls run to their end, its errors and values are copied.
#pragma once

#include <string>
#include <vector>

#include <koine/detail/wait_for.hpp>
#include <koine/driver_spi.hpp>
#include <koine/drivers/fake.hpp>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

// The answer of the other driver to one operation.
struct inner_result {
    bool failed = false;
    spi::failure why{};
    std::string sqlstate{};
};

// A statement of the other driver. A queue keeps it beyond the statement that it was prepared for.
class inner_statement {
public:
    inner_statement(const koine_driver& driver, koine_statement* handle) noexcept : driver_{&driver}, handle_{handle} {}
    ~inner_statement() { driver_->finalize(handle_); }
    inner_statement(const inner_statement&) = delete;
    inner_statement& operator=(const inner_statement&) = delete;
    koine_statement* handle() const noexcept { return handle_; }

private:
    const koine_driver* driver_;
    koine_statement* handle_;
};

// Copies an error out of the other driver's memory, and frees it there.
inner_result failed_with(koine_error& error);

// Runs a call of the other driver to its end. For a relay's worker, or while that is idle.
template <class Call>
inner_result run_to_end(Call call) {
    for (;;) {
        koine_wait wait{-1, 0, KOINE_NO_DEADLINE};
        koine_error error{};
        const koine_status status = call(wait, error);
        if (status == KOINE_DONE) return {};
        if (status != KOINE_WAIT) return failed_with(error);
        koine::detail::wait_for(wait.fd, wait.events, wait.deadline_ns);
    }
}

// Asks the other driver to stop what it does; any thread. Nothing happens if it does nothing.
void ask_to_stop(const koine_driver& driver, koine_connection* inner) noexcept;

// Views of the values, valid while these live.
std::vector<koine_value> borrowed_all(const std::vector<value>& values);

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
