// row_reader<T>: how the rows of any statement become values: mapped classes by the names of their
// columns, tuples by position, single values from a single column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>

#include <koine/error.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/mapping/explain.hpp>
#include <koine/mapping/type_names.hpp>
#include <koine/types/text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Throw koine::error with the explanation of explain.hpp.
[[noreturn]] KOINE_API KOINE_COLD void throw_cell(std::size_t index, sql_type expected, const koine_value& cell);
[[noreturn]] KOINE_API KOINE_COLD void throw_row(const entity_info& entity, const koine_value* cells);
KOINE_API void check_width(std::size_t expected, std::size_t found);

template <class T>
void read_cell(const koine_value* cells, std::size_t index, T& value) {
    if (!type_traits<T>::read(cells[index], value)) throw_cell(index, type_traits<T>::type, cells[index]);
}

// The word for a C++ type in messages: "int32", "text".
template <class T>
std::string_view type_label() noexcept {
    return type_name(type_traits<T>::type);
}

}  // namespace detail

// A single value, from a result of one column; specialised below for tuples and mapped classes.
// Every reader is made of the names of the result's columns, once a result, and keeps none of them;
// the constructor throws koine::error (type_mismatch or undefined_column) if they do not suit T.
// read() throws koine::error (unreadable_value or unexpected_null) if a cell does not fit, and
// leaves `value` in any valid state. Immutable: threads may share it.
template <class T>
class row_reader {
public:
    explicit row_reader(std::span<const std::string_view> names) { detail::check_width(1, names.size()); }

    void read(const koine_value* cells, T& value) const { detail::read_cell(cells, 0, value); }
};

// A tuple, column by column. The result has as many columns as the tuple has elements.
template <class... T>
class row_reader<std::tuple<T...>> {
public:
    explicit row_reader(std::span<const std::string_view> names) { detail::check_width(sizeof...(T), names.size()); }

    void read(const koine_value* cells, std::tuple<T...>& value) const {
        std::apply(
            [cells](T&... element) {
                std::size_t index = 0;
                (detail::read_cell(cells, index++, element), ...);
            },
            value);
    }
};

// A mapped class, with or without a key. The result has all its columns, in any order and among
// others.
template <class T>
requires detail::is_mapped<T>
class row_reader<T> {
public:
    explicit row_reader(std::span<const std::string_view> names) {
        in_order_ = detail::match_columns(detail::table_of<T>(), names, positions_);
    }

    void read(const koine_value* cells, T& value) const {
        if (in_order_) [[likely]] {
            if (!functions::read(cells, &value)) detail::throw_row(detail::row_class_of<T>(), cells);
        } else {
            koine_value sorted[count];
            for (std::size_t i = 0; i < count; ++i) sorted[i] = cells[positions_[i]];
            if (!functions::read(sorted, &value)) detail::throw_row(detail::row_class_of<T>(), sorted);
        }
    }

private:
    using functions = typename detail::entity_data<T>::functions;
    static constexpr std::size_t count = detail::entity_data<T>::descriptor_type::count;

    std::uint16_t positions_[count];
    bool in_order_;
};

}  // namespace v1
}  // namespace koine
