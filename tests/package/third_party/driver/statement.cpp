#include "statement.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "connection.hpp"
#include "errors.hpp"

namespace sqlcipher_plugin {

using koine::errc;
using koine::spi::failure;

statement::statement(connection& owner, sqlite3_stmt* handle, std::string_view sql)
    : owner_{owner},
      handle_{handle},
      counts_{counts_rows(sql)},
      columns_{static_cast<std::uint32_t>(sqlite3_column_count(handle))} {}

statement::~statement() {
    end();
    owner_.forget(this);
    sqlite3_finalize(handle_);
}

bool statement::counts_rows(std::string_view sql) {
    std::string word;
    for (const char c : sql.substr(std::min(sql.find_first_not_of(" \t\n"), sql.size()), 8))
        word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const std::string_view counting : {"insert", "update", "delete", "replace", "with"})
        if (word.starts_with(counting)) return true;
    return false;
}

std::uint32_t statement::flags() const noexcept {
    return (sqlite3_stmt_readonly(handle_) != 0 ? unsigned{KOINE_STATEMENT_READ_ONLY} : 0U) |
           (columns_ != 0 ? unsigned{KOINE_STATEMENT_RETURNS_ROWS} : 0U);
}

void statement::column(std::uint32_t index, koine_column& out) const noexcept {
    const auto text = [](const char* words) {
        return koine::spi::to_c(words == nullptr ? std::string_view{} : std::string_view{words});
    };
    out = koine_column{};
    out.name = text(sqlite3_column_name(handle_, static_cast<int>(index)));
    out.type_name = text(sqlite3_column_decltype(handle_, static_cast<int>(index)));
    out.tag = KOINE_NULL;  // any value may have any type
}

// SQLITE_TRANSIENT: a result that is read step by step uses the values longer than they live.
int statement::bind(int index, const koine_value& value) noexcept {
    switch (value.tag) {
        case KOINE_NULL:
            return sqlite3_bind_null(handle_, index);
        case KOINE_INT64:
            return sqlite3_bind_int64(handle_, index, value.u.i);
        case KOINE_FLOAT64:
            return std::isnan(value.u.f) ? SQLITE_RANGE : sqlite3_bind_double(handle_, index, value.u.f);
        case KOINE_TEXT:
            return sqlite3_bind_text64(handle_, index, value.len == 0 ? "" : static_cast<const char*>(value.u.p),
                                       value.len, SQLITE_TRANSIENT, SQLITE_UTF8);
        case KOINE_BLOB:
            return sqlite3_bind_blob64(handle_, index, value.len == 0 ? "" : value.u.p, value.len, SQLITE_TRANSIENT);
        default:
            return SQLITE_MISUSE;
    }
}

koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                std::uint32_t& got, koine_wait&, koine_error&) {
    end();
    got = 0;
    affected_ = -1;
    if (binds.size() != parameter_count())
        throw refusal(errc::usage, "07001",
                      "the statement has " + std::to_string(parameter_count()) + " parameters, not " +
                          std::to_string(binds.size()));
    int index = 0;
    for (const koine_value& value : binds) {
        const int code = bind(++index, value);
        if (code == SQLITE_RANGE) throw refusal(errc::out_of_range, "22003", "SQLite cannot store NaN");
        if (code == SQLITE_MISUSE)
            throw refusal(errc::usage, "07006", "a parameter has a type that this driver does not bind");
        if (code != SQLITE_OK) throw failure_of(owner_.database(), code);
    }
    number_ = owner_.begin(handle_);
    return step(cells, max_rows, got);
}

koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait&,
                              koine_error&) {
    got = 0;
    if (!open_) return KOINE_DONE;
    owner_.resume(number_, handle_);
    return step(cells, max_rows, got);
}

koine_status statement::step(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    int code = SQLITE_ROW;
    do code = sqlite3_step(handle_);
    while (code == SQLITE_ROW && max_rows == 0);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        // SQLite prepares a statement anew when the schema has changed; the caller's cells have
        // room for the columns it was told of.
        if (const auto now = static_cast<std::uint32_t>(sqlite3_column_count(handle_)); now != columns_) {
            failure why = refusal(errc::statement_outdated, "0A000", "the columns of the statement have changed");
            if (sqlite3_stmt_readonly(handle_) == 0) why.outcome = koine::outcome::unknown;
            end();
            sqlite3_reset(handle_);
            throw why;
        }
        if (!open_) owner_.count_open(1);
        open_ = true;
    }
    if (code == SQLITE_ROW) {
        read_row(cells);
        got = 1;
        return KOINE_DONE;
    }
    if (code == SQLITE_DONE) {
        if (counts_) affected_ = sqlite3_changes(owner_.database());
        end();
        return KOINE_DONE;
    }
    failure why = owner_.failed(code);
    end();
    sqlite3_reset(handle_);
    throw why;
}

void statement::read_row(koine_value* cells) const {
    for (std::uint32_t i = 0; i < columns_; ++i) {
        const auto at = static_cast<int>(i);
        koine_value& cell = cells[i];
        cell = koine_value{};
        switch (sqlite3_column_type(handle_, at)) {
            case SQLITE_INTEGER:
                cell.tag = KOINE_INT64;
                cell.u.i = sqlite3_column_int64(handle_, at);
                break;
            case SQLITE_FLOAT:
                cell.tag = KOINE_FLOAT64;
                cell.u.f = sqlite3_column_double(handle_, at);
                break;
            case SQLITE_TEXT:
                cell.tag = KOINE_TEXT;
                cell.u.p = sqlite3_column_text(handle_, at);
                if (cell.u.p == nullptr) throw std::bad_alloc{};
                cell.len = static_cast<std::uint32_t>(sqlite3_column_bytes(handle_, at));
                break;
            case SQLITE_BLOB:
                cell.tag = KOINE_BLOB;
                cell.u.p = sqlite3_column_blob(handle_, at);
                cell.len = static_cast<std::uint32_t>(sqlite3_column_bytes(handle_, at));
                break;
            default:
                cell.tag = KOINE_NULL;
        }
    }
}

koine_status statement::finish(koine_wait&, koine_error&) noexcept {
    end();
    return KOINE_DONE;
}

void statement::end() noexcept {
    if (!open_) return;
    open_ = false;
    owner_.count_open(-1);
    sqlite3_reset(handle_);
}

}  // namespace sqlcipher_plugin
