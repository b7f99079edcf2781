#include <koine/sqlstate.hpp>

#include <algorithm>
#include <iterator>

namespace koine {
inline namespace v1 {

namespace {

struct entry {
    std::string_view state;  // five characters, or two for the rest of a class
    errc code;
};

// Sorted. A two-character key stands for the states of its class that have no line of their own.
constexpr entry table[] = {
    {"02", errc::no_row},
    {"07", errc::usage},
    {"08", errc::disconnected},
    {"08001", errc::connect_failed},
    {"08004", errc::connect_failed},
    {"08007", errc::in_doubt},
    // PostgreSQL and its poolers use it for errors that leave the connection alive
    {"08P01", errc::unknown},
    {"0A", errc::not_supported},
    {"0F", errc::invalid_value},
    {"0L", errc::permission_denied},
    {"0P", errc::undefined_object},
    {"20", errc::invalid_value},
    {"21", errc::multiple_rows},
    {"21S01", errc::syntax_error},
    {"22", errc::invalid_value},
    {"22001", errc::too_big},
    {"22002", errc::unexpected_null},
    {"22003", errc::out_of_range},
    {"22004", errc::unexpected_null},
    {"22008", errc::out_of_range},
    {"2200H", errc::out_of_range},
    {"22015", errc::out_of_range},
    {"22021", errc::invalid_encoding},
    {"22022", errc::out_of_range},
    {"22P01", errc::out_of_range},
    {"22P05", errc::invalid_encoding},
    {"23", errc::constraint_violation},
    {"23001", errc::foreign_key_violation},
    {"23502", errc::not_null_violation},
    {"23503", errc::foreign_key_violation},
    {"23505", errc::unique_violation},
    {"23514", errc::check_violation},
    {"23P01", errc::exclusion_violation},
    {"24", errc::usage},
    {"25", errc::usage},
    {"25006", errc::read_only},
    {"25P02", errc::transaction_failed},
    {"25P03", errc::disconnected},
    {"25P04", errc::disconnected},
    {"26", errc::statement_outdated},
    {"28", errc::authentication_failed},
    {"2C", errc::undefined_object},
    {"2D", errc::usage},
    {"2E", errc::usage},
    {"34", errc::undefined_object},
    {"3B", errc::usage},
    {"3D", errc::database_not_found},
    {"3F", errc::undefined_object},
    {"40", errc::serialization_failure},
    {"40002", errc::constraint_violation},
    {"40003", errc::in_doubt},
    {"40P01", errc::deadlock},
    {"42", errc::syntax_error},
    {"42501", errc::permission_denied},
    {"42622", errc::too_big},
    {"42701", errc::duplicate_object},
    {"42703", errc::undefined_column},
    {"42704", errc::undefined_object},
    {"42710", errc::duplicate_object},
    {"42712", errc::duplicate_object},
    {"42723", errc::duplicate_object},
    {"42804", errc::type_mismatch},
    {"42809", errc::type_mismatch},
    {"42846", errc::type_mismatch},
    {"42883", errc::undefined_object},
    {"428C9", errc::invalid_value},
    {"42P01", errc::undefined_table},
    {"42P02", errc::undefined_object},
    {"42P03", errc::duplicate_object},
    {"42P04", errc::duplicate_object},
    {"42P05", errc::duplicate_object},
    {"42P06", errc::duplicate_object},
    {"42P07", errc::duplicate_object},
    {"42P08", errc::type_mismatch},
    {"42P18", errc::type_mismatch},
    {"42S01", errc::duplicate_object},
    {"42S02", errc::undefined_table},
    {"42S11", errc::duplicate_object},
    {"42S12", errc::undefined_object},
    {"42S21", errc::duplicate_object},
    {"42S22", errc::undefined_column},
    {"44", errc::check_violation},
    {"53100", errc::disk_full},
    {"53200", errc::no_memory},
    {"53300", errc::too_many_connections},
    {"53400", errc::too_big},
    {"54", errc::too_big},
    {"55006", errc::lock_timeout},
    {"55P02", errc::not_supported},
    {"55P03", errc::lock_timeout},
    {"57014", errc::cancelled},
    {"57P01", errc::disconnected},
    {"57P02", errc::disconnected},
    {"57P03", errc::server_starting},
    {"57P04", errc::disconnected},
    {"57P05", errc::disconnected},
    {"58", errc::io_error},
    {"70100", errc::cancelled},
    {"72", errc::serialization_failure},
    {"F0", errc::io_error},
    {"HY001", errc::no_memory},
    {"HY008", errc::cancelled},
    {"HY010", errc::usage},
    {"HY013", errc::no_memory},
    {"HYC00", errc::not_supported},
    {"HYT00", errc::timeout},
    {"HYT01", errc::timeout},
    {"P0002", errc::no_row},
    {"P0003", errc::multiple_rows},
    {"XA100", errc::serialization_failure},
    {"XA102", errc::deadlock},
    {"XA106", errc::timeout},
    {"XX001", errc::corrupt_database},
    {"XX002", errc::corrupt_database},
};

constexpr bool by_state(const entry& a, const entry& b) {
    return a.state < b.state;
}
static_assert(std::is_sorted(std::begin(table), std::end(table), by_state));

const entry* find(std::string_view key) noexcept {
    const auto* found = std::lower_bound(std::begin(table), std::end(table), entry{key, errc::unknown}, by_state);
    return found != std::end(table) && found->state == key ? found : nullptr;
}

}  // namespace

errc classify(sqlstate state) noexcept {
    if (state.empty()) return errc::unknown;
    if (const auto* exact = find(state.text())) return exact->code;
    if (const auto* whole_class = find(state.state_class())) return whole_class->code;
    return errc::unknown;
}

}  // namespace v1
}  // namespace koine
