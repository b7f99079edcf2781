#include "options.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <koine/driver_spi.hpp>
#include <koine/spi/options.hpp>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

constexpr std::array option_table{
    spi::choice_option("mode", "ro|rw|rwc|memory",
                       "open read-only, read-write, read-write and create if missing (default), or in memory"),
    spi::boolean_option("foreign_keys", "enforce foreign keys (default on)"),
    spi::choice_option("journal_mode", "wal|delete|truncate|persist|memory",
                       "journal of a file database (default wal)"),
    spi::choice_option("synchronous", "off|normal|full|extra", "when commits reach the disk (default full)"),
    spi::integer_option("busy_timeout", "milliseconds to wait for a lock (default 5000)"),
    spi::text_option("timeout", "the same in seconds, fractions allowed"),
    spi::choice_option("cache", "private|shared", "SQLite's shared cache (default private)"),
    spi::boolean_option("uri", "the database is a file: URI (default off)"),
    spi::integer_option("attach", "databases that may be attached, 0 to 10 (default 0)"),
    spi::boolean_option("trusted_schema", "let views and triggers call functions with side effects (default off)"),
    spi::boolean_option("immutable",
                        "nobody changes the file: read it without locks and without a file beside it; with mode=ro "
                        "(default off)"),
    spi::boolean_option("private", "create a missing file readable by its owner alone (default off)"),
};

[[noreturn]] void refuse(std::string message) {
    throw spi::local_failure(errc::invalid_url, std::move(message));
}

constexpr std::int64_t longest_wait_ms = 24 * 3600 * 1000;

std::int64_t parse_seconds(std::string_view key, std::string_view value) {
    double seconds = 0;
    const auto [end, failed] =
        std::from_chars(value.data(), value.data() + value.size(), seconds, std::chars_format::fixed);
    if (failed != std::errc{} || end != value.data() + value.size() || !(seconds >= 0 && seconds <= 86400))
        spi::refuse_value(key, "a number of seconds from 0 to 86400");
    return static_cast<std::int64_t>(std::llround(seconds * 1000));
}

// What only the whole set of parameters tells.
void check_together(const options& chosen) {
    if (!chosen.uri && chosen.file.starts_with("file:"))
        refuse("a database that begins with 'file:' needs uri=true; write './file:...' for a file of that name");
    if (chosen.private_file && (chosen.in_memory() || chosen.uri || chosen.mode != open_mode::read_write_create))
        refuse("'private' goes with a plain file and mode=rwc only");
    if (chosen.immutable && (chosen.in_memory() || chosen.uri || chosen.mode != open_mode::read_only))
        refuse("'immutable' goes with a plain file and mode=ro only");
}

// The options of which every value that has the type is good; `number` is what the value says.
void set(options& chosen, std::string_view key, std::string_view value, std::int64_t number) {
    if (key == "mode") {
        chosen.mode = static_cast<open_mode>(number);
    } else if (key == "foreign_keys") {
        chosen.foreign_keys = number != 0;
    } else if (key == "journal_mode") {
        chosen.journal_mode = value;
        chosen.journal_mode_asked = true;
    } else if (key == "synchronous") {
        chosen.synchronous = value;
    } else if (key == "cache") {
        chosen.shared_cache = value == "shared";
    } else if (key == "uri") {
        chosen.uri = number != 0;
    } else if (key == "trusted_schema") {
        chosen.trusted_schema = number != 0;
    } else if (key == "immutable") {
        chosen.immutable = number != 0;
    } else {
        chosen.private_file = number != 0;
    }
}

}  // namespace

std::span<const koine_option> known_options() noexcept {
    return option_table;
}

options parse_options(std::span<const koine_parameter> parameters) {
    options chosen;
    bool waits = false;
    const auto take = [&](std::string_view key, std::string_view value, const koine_option* option) {
        if (key == "database") {
            chosen.file = value;
        } else if (option == nullptr) {
            if (!value.empty())
                refuse("SQLite has no " + std::string{key} +
                       ", the database is a file: sqlite:///path, with four slashes for an absolute path");
        } else if (key == "busy_timeout" || key == "timeout") {
            if (waits) refuse("'busy_timeout' and 'timeout' say the same: give one of them, once");
            waits = true;
            chosen.busy_timeout_ms =
                key == "timeout" ? parse_seconds(key, value) : spi::read_integer(key, value, 0, longest_wait_ms);
        } else if (key == "attach") {
            chosen.attach_limit = static_cast<int>(spi::read_integer(key, value, 0, 10));
        } else {
            set(chosen, key, value, spi::read_value(*option, value));
        }
    };
    spi::read_parameters("SQLite", option_table, parameters, take);
    if (chosen.file.empty()) chosen.file = ":memory:";
    check_together(chosen);
    return chosen;
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
