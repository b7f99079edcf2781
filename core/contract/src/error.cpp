#include <koine/error.hpp>

#include <utility>

#include <koine/detail/escape.hpp>

namespace koine {
inline namespace v1 {

namespace {

// Shares of the 8 KiB that describe() may fill, so that a long statement cannot push out the
// message.
constexpr std::size_t message_limit = 4096;
constexpr std::size_t note_limit = 1024;
constexpr std::size_t name_limit = 128;

void append_note(std::string& out, std::string_view label, std::string_view text) {
    if (text.empty()) return;
    out += "; ";
    out += label;
    out += ": ";
    detail::append_escaped(out, text, note_limit);
}

// The facts in brackets: "(SQLSTATE 23505, constraint users_name_key, table users)".
class facts {
public:
    explicit facts(std::string& out) noexcept : out_{out} {}
    ~facts() = default;
    facts(const facts&) = delete;
    facts& operator=(const facts&) = delete;

    void add(std::string_view label, std::string_view text) {
        if (text.empty()) return;
        out_ += open_ ? ", " : " (";
        open_ = true;
        out_ += label;
        out_ += ' ';
        detail::append_escaped(out_, text, name_limit);
    }
    void close() {
        if (open_) out_ += ')';
    }

private:
    std::string& out_;
    bool open_ = false;
};

}  // namespace

error::error(error_info info)
    : std::runtime_error{describe(info)}, info_{std::make_shared<const error_info>(std::move(info))} {}
error::~error() = default;
error::error(const error&) noexcept = default;
error& error::operator=(const error&) noexcept = default;

disconnected_error::~disconnected_error() = default;
timeout_error::~timeout_error() = default;
constraint_error::~constraint_error() = default;
serialization_error::~serialization_error() = default;
in_doubt_error::~in_doubt_error() = default;
usage_error::~usage_error() = default;

koine::advice error::advice() const noexcept {
    return advise(*info_);
}

void throw_error(error_info info) {
    switch (info.code) {
        case errc::disconnected:
            throw disconnected_error{std::move(info)};
        case errc::timeout:
        case errc::cancelled:
        case errc::lock_timeout:
        case errc::pool_timeout:
            throw timeout_error{std::move(info)};
        case errc::constraint_violation:
        case errc::unique_violation:
        case errc::foreign_key_violation:
        case errc::not_null_violation:
        case errc::check_violation:
        case errc::exclusion_violation:
            throw constraint_error{std::move(info)};
        case errc::serialization_failure:
        case errc::deadlock:
        case errc::stale_object:
            throw serialization_error{std::move(info)};
        case errc::in_doubt:
            throw in_doubt_error{std::move(info)};
        case errc::usage:
        case errc::operation_in_progress:
        case errc::invalid_url:
        case errc::unknown_name:
        case errc::not_implemented:
        case errc::forked:
        case errc::closed:
        case errc::bad_plugin:
            throw usage_error{std::move(info)};
        default:
            throw error{std::move(info)};
    }
}

void throw_usage(std::string message, here where) {
    error_info info;
    info.code = errc::usage;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    info.where = where;
    throw usage_error{std::move(info)};
}

std::string describe(const error_info& info) {
    std::string out;
    if (info.message.empty())
        out += to_string(info.code);
    else
        detail::append_escaped(out, info.message, message_limit);
    facts known{out};
    known.add("SQLSTATE", info.sqlstate.text());
    if (info.sqlstate.empty() && info.native_code != 0) known.add("native code", std::to_string(info.native_code));
    known.add("constraint", info.constraint);
    known.add("table", info.table);
    known.add("column", info.column);
    if (info.position != 0) known.add("at character", std::to_string(info.position));
    known.close();
    append_note(out, "hint", info.hint);
    append_note(out, "statement", info.statement);
    return out;
}

advice advise(const error_info& info) noexcept {
    if (info.code == errc::in_doubt || info.outcome == outcome::unknown) return advice::ask_the_database;
    switch (info.code) {
        case errc::disconnected:
        case errc::connection_refused:
        case errc::too_many_connections:
        case errc::server_starting:
            return advice::reconnect_and_retry;
        case errc::serialization_failure:
        case errc::deadlock:
        case errc::stale_object:
        case errc::lock_timeout:
            return advice::retry_transaction;
        case errc::statement_outdated:
            return info.poisons_transaction ? advice::retry_transaction : advice::retry_statement;
        default:
            return advice::give_up;
    }
}

}  // namespace v1
}  // namespace koine
