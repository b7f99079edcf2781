#include "options.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

constexpr koine_string text(std::string_view s) noexcept {
    return {s.data(), s.size()};
}

constexpr std::array<koine_option, 11> option_table{{
    {text("mode"), KOINE_OPTION_CHOICE, text("ro|rw|rwc|memory"),
     text("open read-only, read-write, read-write and create if missing (default), or in memory")},
    {text("foreign_keys"), KOINE_OPTION_BOOLEAN, {}, text("enforce foreign keys (default on)")},
    {text("journal_mode"), KOINE_OPTION_CHOICE, text("wal|delete|truncate|persist|memory"),
     text("journal of a file database (default wal)")},
    {text("synchronous"), KOINE_OPTION_CHOICE, text("off|normal|full|extra"),
     text("when commits reach the disk (default full)")},
    {text("busy_timeout"), KOINE_OPTION_INTEGER, {}, text("milliseconds to wait for a lock (default 5000)")},
    {text("timeout"), KOINE_OPTION_TEXT, {}, text("the same in seconds, fractions allowed")},
    {text("cache"), KOINE_OPTION_CHOICE, text("private|shared"), text("SQLite's shared cache (default private)")},
    {text("uri"), KOINE_OPTION_BOOLEAN, {}, text("the database is a file: URI (default off)")},
    {text("attach"), KOINE_OPTION_INTEGER, {}, text("databases that may be attached, 0 to 10 (default 0)")},
    {text("trusted_schema"),
     KOINE_OPTION_BOOLEAN,
     {},
     text("let views and triggers call functions with side effects (default off)")},
    {text("private"),
     KOINE_OPTION_BOOLEAN,
     {},
     text("create a missing file readable by its owner alone (default off)")},
}};

[[noreturn]] void refuse(errc code, std::string message) {
    spi::failure why;
    why.code = code;
    why.outcome = outcome::not_sent;
    why.message = std::move(message);
    throw why;
}

[[noreturn]] void refuse_value(std::string_view key, std::string_view expected) {
    refuse(errc::invalid_url, "the value of '" + std::string{key} + "' must be " + std::string{expected});
}

bool parse_boolean(std::string_view key, std::string_view value) {
    for (const std::string_view yes : {"true", "on", "yes", "1"})
        if (value == yes) return true;
    for (const std::string_view no : {"false", "off", "no", "0"})
        if (value == no) return false;
    refuse_value(key, "true or false");
}

std::int64_t parse_integer(std::string_view key, std::string_view value, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failed != std::errc{} || end != value.data() + value.size() || number < least || number > most)
        refuse_value(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
}

constexpr std::int64_t longest_wait_ms = 24 * 3600 * 1000;

std::int64_t parse_seconds(std::string_view key, std::string_view value) {
    double seconds = 0;
    const auto [end, failed] =
        std::from_chars(value.data(), value.data() + value.size(), seconds, std::chars_format::fixed);
    if (failed != std::errc{} || end != value.data() + value.size() || !(seconds >= 0 && seconds <= 86400))
        refuse_value(key, "a number of seconds from 0 to 86400");
    return static_cast<std::int64_t>(std::llround(seconds * 1000));
}

bool is_choice(std::string_view choices, std::string_view value) {
    while (!choices.empty()) {
        const auto bar = choices.find('|');
        if (choices.substr(0, bar) == value) return true;
        choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
    }
    return false;
}

const koine_option* find_option(std::string_view key) noexcept {
    for (const auto& option : option_table)
        if (spi::to_view(option.key) == key) return &option;
    return nullptr;
}

void check_choice(const koine_option& option, std::string_view value) {
    if (option.type == KOINE_OPTION_CHOICE && !is_choice(spi::to_view(option.choices), value))
        refuse_value(spi::to_view(option.key), "one of " + std::string{spi::to_view(option.choices)});
}

open_mode parse_mode(std::string_view value) noexcept {
    if (value == "ro") return open_mode::read_only;
    if (value == "rw") return open_mode::read_write;
    return value == "memory" ? open_mode::memory : open_mode::read_write_create;
}

// What only the whole set of parameters tells.
void check_together(const options& chosen) {
    if (!chosen.uri && chosen.file.starts_with("file:"))
        refuse(errc::invalid_url,
               "a database that begins with 'file:' needs uri=true; write './file:...' for a file of that name");
    if (chosen.private_file && (chosen.in_memory() || chosen.uri || chosen.mode != open_mode::read_write_create))
        refuse(errc::invalid_url, "'private' goes with a plain file and mode=rwc only");
}

}  // namespace

std::span<const koine_option> known_options() noexcept {
    return option_table;
}

options parse_options(std::span<const koine_parameter> parameters) {
    options chosen;
    bool waits = false;
    for (const auto& parameter : parameters) {
        const auto key = spi::to_view(parameter.key);
        const auto value = spi::to_view(parameter.value);
        if (key == "database") {
            if (value.find('\0') != std::string_view::npos)
                refuse(errc::invalid_url, "a file name cannot contain a NUL");
            chosen.file = value;
            continue;
        }
        if (key == "host" || key == "port" || key == "user" || key == "password") {
            if (!value.empty())
                refuse(errc::invalid_url,
                       "SQLite has no " + std::string{key} + "; an absolute path has four slashes: sqlite:////path");
            continue;
        }
        const koine_option* const option = find_option(key);
        if (option == nullptr) refuse(errc::unknown_name, "the SQLite driver has no option '" + std::string{key} + "'");
        check_choice(*option, value);
        if (key == "mode") {
            chosen.mode = parse_mode(value);
        } else if (key == "foreign_keys") {
            chosen.foreign_keys = parse_boolean(key, value);
        } else if (key == "journal_mode") {
            chosen.journal_mode = value;
            chosen.journal_mode_asked = true;
        } else if (key == "synchronous") {
            chosen.synchronous = value;
        } else if (key == "busy_timeout" || key == "timeout") {
            if (waits) refuse(errc::invalid_url, "'busy_timeout' and 'timeout' say the same: give one of them, once");
            waits = true;
            chosen.busy_timeout_ms =
                key == "timeout" ? parse_seconds(key, value) : parse_integer(key, value, 0, longest_wait_ms);
        } else if (key == "cache") {
            chosen.shared_cache = value == "shared";
        } else if (key == "uri") {
            chosen.uri = parse_boolean(key, value);
        } else if (key == "attach") {
            chosen.attach_limit = static_cast<int>(parse_integer(key, value, 0, 10));
        } else if (key == "trusted_schema") {
            chosen.trusted_schema = parse_boolean(key, value);
        } else {
            chosen.private_file = parse_boolean(key, value);
        }
    }
    if (chosen.file.empty()) chosen.file = ":memory:";
    check_together(chosen);
    return chosen;
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
