// row_reader<T>: how rows of any statement become values: mapped classes by the names of their columns, tuples by position,
// single values from a single column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <koine/mapping/entity.hpp>
#include <koine/mapping/explain.hpp>
#include <koine/result.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

}  // namespace detail

// A single value, from a result of one column. Specialised below for the others. Every reader has
//   static result<row_reader> make(names)   names of the result's columns; fails if they do not suit T
//   bool read(cells, value)                 one row into a value; false if a cell does not fit
//   error_info explain(cells)               why read() answered false
// A reader is made once a result, outlives nothing it was made of, and may be used by one thread at a time.
template <class T>
class row_reader {
public:
    static result<row_reader> make(std::span<const std::string_view> names) {
        if (names.size() != 1) return failure{detail::explain_width(1, names.size())};
        return row_reader{};
    }
    bool read(const koine_value* cells, T& value) const {
        return type_traits<T>::read(*cells, value);
    }
    error_info explain(const koine_value* cells) const {
        return detail::explain_cell({}, 0, type_traits<detail::stored_t<T>>::type, *cells);
    }

private:
    row_reader() = default;
};

// A tuple, column by column. The result has as many columns as the tuple has elements.
template <class... T>
class row_reader<std::tuple<T...>> {
public:
    static result<row_reader> make(std::span<const std::string_view> names) {
        if (names.size() != sizeof...(T)) return failure{detail::explain_width(sizeof...(T), names.size())};
        return row_reader{};
    }
    bool read(const koine_value* cells, std::tuple<T...>& value) const {
        return std::apply([cells](T&... element) mutable { return (type_traits<T>::read(*cells++, element) && ...); }, value);
    }
    error_info explain(const koine_value* cells) const {
        error_info info;
        std::size_t index = 0;
        (void)((explain_one<T>(cells[index], index, info) ? false : (++index, true)) && ...);
        return info;
    }

private:
    row_reader() = default;

    template <class U>
    static bool explain_one(const koine_value& cell, std::size_t index, error_info& info) {
        U scratch{};
        if (type_traits<U>::read(cell, scratch)) return false;
        info = detail::explain_cell({}, index, type_traits<detail::stored_t<U>>::type, cell);
        return true;
    }
};

// A mapped class, with or without a key. The result has all its columns, in any order and among others.
template <class T>
    requires detail::is_mapped<T>
class row_reader<T> {
public:
    static result<row_reader> make(std::span<const std::string_view> names) {
        row_reader reader;
        if (result<void> matched = detail::match_columns(detail::table_of<T>(), names, reader.positions_, reader.in_order_); !matched) {
            return std::move(matched).error();
        }
        return reader;
    }
    bool read(const koine_value* cells, T& value) const {
        if (in_order_) [[likely]] return detail::entity_data<T>::functions::read(cells, &value);
        koine_value sorted[count];
        return detail::entity_data<T>::functions::read(sort(cells, sorted), &value);
    }
    error_info explain(const koine_value* cells) const {
        koine_value sorted[count];
        return detail::explain_mismatch(detail::row_class_of<T>(), sort(cells, sorted));
    }

private:
    static constexpr std::size_t count = detail::entity_data<T>::descriptor_type::count;

    row_reader() = default;
    const koine_value* sort(const koine_value* cells, koine_value* sorted) const noexcept {
        for (std::size_t i = 0; i < count; ++i) sorted[i] = cells[positions_[i]];
        return sorted;
    }

    std::uint16_t positions_[count];
    bool in_order_ = false;
};

}  // namespace v1
}  // namespace koine
