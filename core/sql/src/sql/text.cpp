#include <koine/sql/text.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <koine/detail/utf8.hpp>
#include <koine/error.hpp>

#include "text_scanner.hpp"

namespace koine {
inline namespace v1 {

namespace {

// Offsets are 32 bits wide, and no database takes a statement of this size.
constexpr std::size_t max_text = std::size_t{1} << 30U;

// What keeps two texts apart: in one line, unless a comment may reach the end of it.
std::string_view between(std::string_view text) {
    const auto line = text.substr(text.find_last_of("\r\n") + 1);
    if (line.find("--") != line.npos || line.find('#') != line.npos) return "\n";
    return line.empty() || line.back() == ' ' ? "" : " ";
}

}  // namespace

text_statement::text_statement(sql_text text, std::initializer_list<named_value> values, here made_at)
    : text_{text.text()}, where_{made_at} {
    if (text_.size() > max_text) throw_usage("SQL text of more than 1 GiB");
    if (!detail::is_text(text_.data(), text_.size())) throw_usage("SQL text contains NUL or is not valid UTF-8");
    remember(values);
    bool differs = std::any_of(values.begin(), values.end(), [](const named_value& one) { return one.list; });
    try {
        places_ = detail::scan_names(text_, differs);
        detail::find_values(text_, places_, given_);
    } catch (const usage_error&) {
        if (!differs || !detail::some_database_takes(text_, given_)) throw;
        differs = true;
    }
    each_reads_ = differs;
    if (differs) {
        places_.clear();
        return;
    }
    // By first appearance.
    std::vector<bind_value> ordered;
    std::vector<std::uint32_t> number(given_.size(), std::numeric_limits<std::uint32_t>::max());
    for (detail::text_place& place : places_) {
        std::uint32_t& known = number[place.value];
        if (known == std::numeric_limits<std::uint32_t>::max()) {
            known = static_cast<std::uint32_t>(ordered.size());
            ordered.push_back(std::move(values_[place.value]));
        }
        place.value = known;
    }
    values_ = std::move(ordered);
    given_.clear();
}

void text_statement::remember(std::initializer_list<named_value> values) {
    given_.reserve(values.size());
    values_.reserve(values.size());
    for (const named_value& one : values) {
        given_.push_back({std::string{one.name}, 0, static_cast<std::uint32_t>(text_.size()),
                          static_cast<std::uint32_t>(values_.size()), static_cast<std::uint32_t>(one.values.size()),
                          one.list});
        values_.insert(values_.end(), one.values.begin(), one.values.end());
    }
}

// From the places that all databases agree about.
void text_statement::remember_names() {
    if (std::exchange(each_reads_, true)) return;
    for (std::uint32_t i = 0; i < values_.size(); ++i) {
        const auto place =
            std::find_if(places_.begin(), places_.end(), [i](const detail::text_place& one) { return one.value == i; });
        given_.push_back({text_.substr(place->begin + 1, place->end - place->begin - 1), 0,
                          static_cast<std::uint32_t>(text_.size()), i, 1, false});
    }
    places_.clear();
}

text_statement& text_statement::operator+=(const text_statement& more) {
    if (text_.size() + more.text_.size() >= max_text) throw_usage("SQL text of more than 1 GiB");
    if (each_reads_ || more.each_reads_) {
        text_statement second = more;
        remember_names();
        second.remember_names();
        text_ += between(text_);
        const auto begin = static_cast<std::uint32_t>(text_.size());
        for (detail::given_name& one : second.given_) {
            one.begin += begin;
            one.end += begin;
            one.first += static_cast<std::uint32_t>(values_.size());
            given_.push_back(std::move(one));
        }
        text_ += second.text_;
        values_.insert(values_.end(), second.values_.begin(), second.values_.end());
        return *this;
    }
    const text_statement second = more;  // it may be this one
    text_ += between(text_);
    const auto begin = static_cast<std::uint32_t>(text_.size());
    for (detail::text_place place : second.places_) {
        place.begin += begin;
        place.end += begin;
        place.value += static_cast<std::uint32_t>(values_.size());
        places_.push_back(place);
    }
    text_ += second.text_;
    values_.insert(values_.end(), second.values_.begin(), second.values_.end());
    return *this;
}

text_statement::places text_statement::read(const spi::sql_rules& rules) const {
    places found = detail::scan_names(text_, rules);
    detail::find_values(text_, found, given_);
    return found;
}

}  // namespace v1
}  // namespace koine
