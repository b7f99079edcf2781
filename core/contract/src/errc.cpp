#include <koine/errc.hpp>

#include <string>

namespace koine {
inline namespace v1 {

namespace {

class koine_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "koine"; }
    std::string message(int code) const override { return std::string{to_string(static_cast<errc>(code))}; }
};

}  // namespace

std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::connect_failed:
            return "connect_failed";
        case errc::connection_refused:
            return "connection_refused";
        case errc::host_not_found:
            return "host_not_found";
        case errc::authentication_failed:
            return "authentication_failed";
        case errc::database_not_found:
            return "database_not_found";
        case errc::too_many_connections:
            return "too_many_connections";
        case errc::server_starting:
            return "server_starting";
        case errc::tls_failed:
            return "tls_failed";
        case errc::disconnected:
            return "disconnected";
        case errc::timeout:
            return "timeout";
        case errc::cancelled:
            return "cancelled";
        case errc::lock_timeout:
            return "lock_timeout";
        case errc::pool_timeout:
            return "pool_timeout";
        case errc::constraint_violation:
            return "constraint_violation";
        case errc::unique_violation:
            return "unique_violation";
        case errc::foreign_key_violation:
            return "foreign_key_violation";
        case errc::not_null_violation:
            return "not_null_violation";
        case errc::check_violation:
            return "check_violation";
        case errc::exclusion_violation:
            return "exclusion_violation";
        case errc::serialization_failure:
            return "serialization_failure";
        case errc::deadlock:
            return "deadlock";
        case errc::stale_object:
            return "stale_object";
        case errc::transaction_failed:
            return "transaction_failed";
        case errc::read_only:
            return "read_only";
        case errc::in_doubt:
            return "in_doubt";
        case errc::out_of_range:
            return "out_of_range";
        case errc::invalid_encoding:
            return "invalid_encoding";
        case errc::type_mismatch:
            return "type_mismatch";
        case errc::unexpected_null:
            return "unexpected_null";
        case errc::invalid_value:
            return "invalid_value";
        case errc::too_big:
            return "too_big";
        case errc::no_row:
            return "no_row";
        case errc::multiple_rows:
            return "multiple_rows";
        case errc::unreadable_value:
            return "unreadable_value";
        case errc::syntax_error:
            return "syntax_error";
        case errc::undefined_table:
            return "undefined_table";
        case errc::undefined_column:
            return "undefined_column";
        case errc::undefined_object:
            return "undefined_object";
        case errc::duplicate_object:
            return "duplicate_object";
        case errc::permission_denied:
            return "permission_denied";
        case errc::not_supported:
            return "not_supported";
        case errc::statement_outdated:
            return "statement_outdated";
        case errc::disk_full:
            return "disk_full";
        case errc::io_error:
            return "io_error";
        case errc::corrupt_database:
            return "corrupt_database";
        case errc::no_memory:
            return "no_memory";
        case errc::usage:
            return "usage";
        case errc::operation_in_progress:
            return "operation_in_progress";
        case errc::invalid_url:
            return "invalid_url";
        case errc::unknown_name:
            return "unknown_name";
        case errc::not_implemented:
            return "not_implemented";
        case errc::forked:
            return "forked";
        case errc::closed:
            return "closed";
        case errc::bad_plugin:
            return "bad_plugin";
        case errc::unknown:
        case errc::reserved_for_growth:
            break;
    }
    return "unknown";
}

std::string_view to_string(outcome value) noexcept {
    switch (value) {
        case outcome::not_sent:
            return "not_sent";
        case outcome::rejected:
            return "rejected";
        case outcome::unknown:
            break;
    }
    return "unknown";
}

const std::error_category& error_category() noexcept {
    static const koine_category category;
    return category;
}

}  // namespace v1
}  // namespace koine
