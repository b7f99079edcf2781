// The running of a statement. Inline, so that it becomes one with the functions of the driver's
// table: every execution passes here.
#pragma once

#include <algorithm>
#include <climits>

#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

// SQLite prepares a statement again inside its first step when the schema has changed.
inline bool statement::shape_changed() noexcept {
    if (sqlite3_stmt_status(handle_, SQLITE_STMTSTATUS_REPREPARE, 0) == reprepared_) [[likely]]
        return false;
    const std::uint64_t before = shape_;
    const std::uint32_t columns_before = column_count_;
    describe();
    return shape_ != before || column_count_ != columns_before;
}

// A null pointer would bind NULL.
inline const char* content(const koine_value& value) noexcept {
    return value.len == 0 ? "" : static_cast<const char*>(value.u.p);
}

inline int statement::bind(int index, const koine_value& value) noexcept {
    if (value.tag == KOINE_TEXT && value.len <= INT_MAX) [[likely]]
        return sqlite3_bind_text(handle_, index, content(value), static_cast<int>(value.len), SQLITE_STATIC);
    if (value.tag == KOINE_INT64) return sqlite3_bind_int64(handle_, index, value.u.i);
    return bind_other(index, value);
}

inline bool is_lent(const koine_value& value) noexcept {
    return value.tag == KOINE_TEXT || value.tag == KOINE_BLOB;
}

inline int statement::bind_all(std::span<const koine_value> binds) noexcept {
    int index = 0;
    for (const auto& value : binds)
        if (const int code = bind(++index, value); code != SQLITE_OK) [[unlikely]]
            return code;
    return SQLITE_OK;
}

// column_value with value_* is a third cheaper than column_*, which looks the column up for every
// call. It is for connections of one thread only, which this one is.
inline bool statement::read_row(koine_value* cells) noexcept {
    sqlite3_stmt* const handle = handle_;
    const auto count = static_cast<int>(column_count_);
    for (int i = 0; i < count; ++i, ++cells) {
        sqlite3_value* const value = sqlite3_column_value(handle, i);
        switch (sqlite3_value_type(value)) {
            case SQLITE_INTEGER:
                *cells = koine_value{0, KOINE_INT64, 0, 0, {sqlite3_value_int64(value)}};
                break;
            case SQLITE_FLOAT:
                *cells = koine_value{0, KOINE_FLOAT64, 0, 0, {}};
                cells->u.f = sqlite3_value_double(value);
                break;
            case SQLITE_TEXT: {
                // Text before bytes: the first may convert from UTF-16.
                const void* const text = sqlite3_value_text(value);
                *cells = koine_value{static_cast<std::uint32_t>(sqlite3_value_bytes(value)), KOINE_TEXT, 0, 0, {}};
                cells->u.p = text;
                if (text == nullptr) [[unlikely]]
                    return false;
                break;
            }
            case SQLITE_BLOB: {
                const void* const blob = sqlite3_value_blob(value);
                const auto length = static_cast<std::uint32_t>(sqlite3_value_bytes(value));
                if (blob == nullptr && length != 0) [[unlikely]]
                    return false;
                *cells = koine_value{length, KOINE_BLOB, 0, 0, {}};
                cells->u.p = blob == nullptr ? "" : blob;
                break;
            }
            default:
                *cells = koine_value{0, KOINE_NULL, 0, 0, {}};
        }
    }
    return true;
}

[[gnu::always_inline]] inline void statement::end_now() noexcept {
    sqlite3_reset(handle_);
    if (open_) {
        open_ = false;
        --owner_.open_results_;
    }
    if (keeps_much_) [[unlikely]] {
        std::string{}.swap(kept_text_);
        keeps_much_ = false;
    }
}

[[gnu::always_inline]] inline void statement::complete_now() noexcept {
    end_now();
    if (kind_ == statement_kind::counting) {
        if (!read_only_) rows_affected_ = sqlite3_changes64(owner_.database_);
    } else {
        owner_.in_transaction_ = sqlite3_get_autocommit(owner_.database_) == 0;
    }
}

inline int statement::step_first() noexcept {
    owner_.begin_operation(number_, this);
    owner_.open_to_interrupts();
    const int code = sqlite3_step(handle_);
    owner_.close_to_interrupts();
    return code;
}

[[gnu::always_inline]] inline koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells,
                                                              std::uint32_t max_rows, std::uint32_t& got,
                                                              koine_wait& wait, koine_error& error) {
    if (open_) {
        if (const koine_status status = finish(wait, error); status != KOINE_DONE) [[unlikely]] {
            got = 0;
            return status;
        }
    }
    ended_by_ = errc{};
    rows_affected_ = -1;
    if (owner_.condition_ != connection::condition::usable || owner_.deadline_ns_ != KOINE_NO_DEADLINE ||
        kind_ == statement_kind::vacuum) [[unlikely]] {
        koine_status status = KOINE_DONE;
        if (answer_unusual(got, error, status)) return status;
    }
    if (column_count_ != 0 && max_rows != 0 && std::any_of(binds.begin(), binds.end(), is_lent)) binds = keep(binds);
    int code = binds.size() == parameter_count_ ? bind_all(binds) : SQLITE_RANGE;
    if (code != SQLITE_OK) [[unlikely]]
        return refuse_bind(binds, code, error);
    code = step_first();
    got = 0;
    if (code == SQLITE_DONE) {
        complete_now();
        if (owner_.cancelled(number_)) [[unlikely]]
            owner_.end_results(errc::cancelled);
        if (column_count_ != 0) shape_changed();
        return KOINE_DONE;
    }
    if (code != SQLITE_ROW || owner_.cancelled(number_)) [[unlikely]]
        return code == SQLITE_ROW ? fail(SQLITE_INTERRUPT, error, true) : fail(code, error);
    if (max_rows == 0) return drain(got, error);
    if (shape_changed()) [[unlikely]]
        return refuse_new_shape(error);
    open_ = true;
    ++owner_.open_results_;
    if (!read_row(cells)) [[unlikely]]
        return fail(SQLITE_NOMEM, error);
    got = 1;
    return KOINE_DONE;
}

inline koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait&,
                                     koine_error& error) {
    got = 0;
    if (!open_) [[unlikely]]
        return fetch_closed(got, error);
    if (owner_.cancelled(number_)) [[unlikely]]
        return fail(SQLITE_INTERRUPT, error);
    owner_.stepping_ = this;
    if (max_rows == 0) [[unlikely]]
        return drain(got, error);
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) [[likely]] {
        if (!read_row(cells)) [[unlikely]]
            return fail(SQLITE_NOMEM, error);
        got = 1;
        return KOINE_DONE;
    }
    if (code != SQLITE_DONE) [[unlikely]]
        return fail(code, error);
    complete();
    return KOINE_DONE;
}

inline koine_status statement::finish(koine_wait&, koine_error& error) {
    ended_by_ = errc{};
    if (!open_) return KOINE_DONE;
    if (!read_only_) [[unlikely]]
        return finish_write(error);
    complete_now();
    return KOINE_DONE;
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
