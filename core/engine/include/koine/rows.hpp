// The rows of a statement, read as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/errc.hpp>
#include <koine/error.hpp>
#include <koine/mapping/explain.hpp>
#include <koine/mapping/row_reader.hpp>
#include <koine/wire/open_results.hpp>

namespace koine {
inline namespace v1 {

class rows;

namespace detail {
class driver_connection;
struct connection_state;
[[noreturn]] KOINE_API void throw_row_count(errc code);
}  // namespace detail

// One value of a row, borrowed: text and blobs live until the rows move on.
class cell {
public:
    cell(const koine_value& value, std::string_view name, std::size_t index) noexcept
        : value_{&value}, name_{name}, index_{index} {}

    bool is_null() const noexcept { return value_->tag == KOINE_NULL; }
    // The value as a C++ type. Throws error (errc::unreadable_value or unexpected_null)
    // if it is not exactly one; nothing is narrowed in silence. std::optional<T> takes NULL.
    template <class T>
    T as() const {
        T out{};
        if (!type_traits<T>::read(*value_, out)) [[unlikely]]
            throw_error(detail::explain_cell(name_, index_, type_traits<T>::type, *value_));
        return out;
    }
    const koine_value& raw() const noexcept { return *value_; }

private:
    const koine_value* value_;
    std::string_view name_;
    std::size_t index_;
};

// One row, borrowed: valid until the rows move on.
class KOINE_API row {
public:
    std::size_t size() const noexcept;
    // By position. Throws usage_error if there is no such column.
    cell operator[](std::size_t index) const;
    // By name, as the database spells it. Throws usage_error that lists the columns, and error with
    // errc::undefined_column for a name that several columns have.
    cell operator[](std::string_view name) const;
    // The whole row as a std::tuple (by position), a mapped class (by column name) or a single
    // value. Throws as cell::as.
    template <class T>
    T as() const;

private:
    friend class rows;
    explicit row(const rows& owner) noexcept : rows_{&owner} {}
    const rows* rows_;
};

// The result of one statement, read lazily. Move-only; belongs to its connection's thread. Rows
// that are not read are dropped by the destructor. A rollback of the whole transaction ends the
// rows, and so does closing the connection: every call for rows or their values throws usage_error
// then. They throw koine::error when the rest of the rows cannot be had, and usage_error
// (errc::operation_in_progress), with nothing done, while another thread is at work on the
// connection.
class KOINE_API rows {
public:
    rows(rows&&) noexcept;
    rows& operator=(rows&&) noexcept;
    ~rows();

    std::uint32_t column_count() const noexcept;
    std::string_view column_name(std::uint32_t index) const;
    // Rows changed by the statement, 0 for a query; -1 if the database does not tell.
    std::int64_t affected() const noexcept { return affected_; }
    // The key generated last on this connection, on databases that know one (SQLite, MariaDB,
    // MySQL).
    std::int64_t last_insert_id() const;

    // Moves to the next row; false at the end.
    bool next();
    // Precondition: next() answered true.
    row current() const noexcept { return row{*this}; }

    // All rows that are left, each as a tuple, a mapped class or a single value.
    template <class T>
    std::vector<T> into();
    // The first row that is left, or none; the others are dropped.
    template <class T>
    std::optional<T> first();
    // The only row. Throws error with errc::no_row or errc::multiple_rows.
    template <class T>
    T one();
    template <class T>
    std::optional<T> one_or_none();

    // `for (row r : rows)`.
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = row;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = row;
        row operator*() const noexcept { return rows_->current(); }
        iterator& operator++() {
            if (!rows_->next()) rows_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.rows_ == b.rows_; }

    private:
        friend class rows;
        explicit iterator(rows* owner) noexcept : rows_{owner} {}
        rows* rows_;
    };
    iterator begin() { return iterator{next() ? this : nullptr}; }
    iterator end() noexcept { return iterator{nullptr}; }

private:
    friend class connection;
    friend class row;
    rows(std::shared_ptr<detail::connection_state> state, detail::prepared& statement, std::uint32_t got,
         deadline limit);
    // The next row, or none; the rest stays.
    template <class T>
    std::optional<T> first_kept();
    // Keeps other threads off the connection while rows are read one after the other.
    class KOINE_API reading {
    public:
        explicit reading(rows& owner);
        ~reading();
        reading(const reading&) = delete;
        reading& operator=(const reading&) = delete;

    private:
        detail::driver_connection* taken_;
    };

    // Of the current row.
    const koine_value* cells() const;
    void take_over(rows& other) noexcept;
    bool next_block();
    // Rows that are probably left.
    std::size_t expected() const noexcept;
    std::vector<std::string_view> names() const;
    void finish() noexcept;

    std::shared_ptr<detail::connection_state> state_;
    detail::open_result open_{};  // without a statement once the rows are at their end
    std::vector<std::string> names_{};
    const koine_value* cells_ = nullptr;  // of the current row
    std::uint32_t block_ = 0;
    std::uint32_t position_ = 0;
    std::uint32_t seen_ = 0;
    bool started_ = false;
    std::int64_t affected_ = -1;
    deadline limit_{};  // of the call, for the rows that are still to come
};

template <class T>
T row::as() const {
    T out{};
    row_reader<T>{rows_->names()}.read(rows_->cells(), out);
    return out;
}

template <class T>
std::vector<T> rows::into() {
    const reading hold{*this};
    std::vector<T> out;
    const row_reader<T> reader{names()};
    out.reserve(expected());
    while (next()) reader.read(cells(), out.emplace_back());
    return out;
}

template <class T>
std::optional<T> rows::one_or_none() {
    const reading hold{*this};
    std::optional<T> out = first_kept<T>();
    if (out && next()) {
        finish();
        detail::throw_row_count(errc::multiple_rows);
    }
    return out;
}

template <class T>
std::optional<T> rows::first() {
    const reading hold{*this};
    std::optional<T> out = first_kept<T>();
    finish();
    return out;
}

template <class T>
std::optional<T> rows::first_kept() {
    std::optional<T> out;
    const row_reader<T> reader{names()};
    if (next()) reader.read(cells(), out.emplace());
    return out;
}

template <class T>
T rows::one() {
    std::optional<T> out = one_or_none<T>();
    if (!out) detail::throw_row_count(errc::no_row);
    return std::move(*out);
}

}  // namespace v1
}  // namespace koine
