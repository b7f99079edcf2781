// Statements as their observers see them: each call in its usual form, with the clock around it.
#include <koine/wire/driver_connection.hpp>

#include <utility>

#include "wire/connection_source.hpp"
#include "wire/statement_watch.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

using clock = statement_watch::clock;

void driver_connection::watch_statements(const here& where) noexcept {
    const bool wanted = source_->observers()->count() != 0;
    if (wanted && !watch_) watch_ = std::make_unique<statement_watch>(source_->observers());
    if (watch_) {
        watch_->set_also(nullptr);
        watch_->set_lease_place(where);
    }
    wire_.observe(wanted);
}

void driver_connection::watch_also(const statement_observers& also, const here& where) {
    if (!watch_) watch_ = std::make_unique<statement_watch>(source_->observers());
    watch_->set_also(also.list());
    watch_->set_lease_place(where);
    wire_.observe(true);
}

void driver_connection::set_next_place(here where) noexcept {
    watch_->set_next_place(where);
}

std::uint32_t driver_connection::send_observed(prepared& statement, std::span<const koine_value> binds) {
    const auto text = statement.text;
    const std::string values = watch_->values(binds);
    const here place = watch_->take_place();
    const auto began = clock::now();
    watch_->failed_in_queue = 0;
    statement_event what{.text = text->text, .values = values, .place = place};
    try {
        const std::uint32_t got = ready_and_send(statement, binds);
        watch_->queue_sent(began, {});
        if (statement.columns == 0)
            what.rows = rows_affected(statement);
        else if (const std::int64_t more = got == 0 ? 0 : rows_remaining(statement); more >= 0)
            what.rows = more + got;
        watch_->tell(what, began);
        return got;
    } catch (const error& failed) {
        if (queue_.empty()) watch_->queue_sent(began, {}, watch_->failed_in_queue, &failed.info());
        what.error = &failed.info();
        if (watch_->failed_in_queue == 0) watch_->tell(what, began);
        throw;
    }
}

void driver_connection::flush_observed() {
    const auto began = clock::now();
    watch_->failed_in_queue = 0;
    try {
        if (queue_.flush() != KOINE_DONE) raise_sent(nullptr);
        watch_->queue_sent(began, queue_.told());
    } catch (const error& failed) {
        watch_->queue_sent(began, {}, watch_->failed_in_queue, &failed.info());
        throw;
    }
}

void driver_connection::tell_control(std::string_view text, std::int64_t began_ns, const error_info* failed) noexcept {
    watch_->tell({.text = text, .error = failed, .place = watch_->lease_place()},
                 clock::time_point{std::chrono::nanoseconds{began_ns}});
}

void driver_connection::run_control_observed(prepared& statement) {
    const std::int64_t began = time_of_watch();
    try {
        koine_status status;
        execute_once(statement, {}, status);
        if (status != KOINE_DONE) raise(&statement);
    } catch (const error& failed) {
        tell_control(statement.text->text, began, &failed.info());
        throw;
    }
    tell_control(statement.text->text, began, nullptr);
}

std::int64_t driver_connection::time_of_watch() noexcept {
    return std::chrono::nanoseconds{clock::now().time_since_epoch()}.count();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
