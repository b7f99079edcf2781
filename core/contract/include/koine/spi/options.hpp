// The keys and values of a URL on the driver's side: the table of its options, and the one check of
// what a user wrote. Everything that refuses throws failure, not_sent, and shows no value.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// Entries of the table. The texts must live as long as the process.
constexpr koine_option text_option(std::string_view key, std::string_view summary) noexcept {
    return koine_option{to_c(key), KOINE_OPTION_TEXT, {}, to_c(summary)};
}
constexpr koine_option integer_option(std::string_view key, std::string_view summary) noexcept {
    return koine_option{to_c(key), KOINE_OPTION_INTEGER, {}, to_c(summary)};
}
// true, on, yes or 1; false, off, no or 0.
constexpr koine_option boolean_option(std::string_view key, std::string_view summary) noexcept {
    return koine_option{to_c(key), KOINE_OPTION_BOOLEAN, {}, to_c(summary)};
}
// One of the words, which are separated by '|'.
constexpr koine_option choice_option(std::string_view key, std::string_view words, std::string_view summary) noexcept {
    return koine_option{to_c(key), KOINE_OPTION_CHOICE, to_c(words), to_c(summary)};
}

// errc::invalid_url.
[[noreturn]] inline void refuse_value(std::string_view key, std::string_view expected) {
    throw local_failure(errc::invalid_url, std::string{"the option "}.append(key).append(" must be ").append(expected));
}

// The place of a word among those that are separated by `mark`, or npos.
constexpr std::size_t place_in_list(std::string_view list, std::string_view word, char mark = '|') noexcept {
    for (std::size_t place = 0; !list.empty(); ++place) {
        const auto end = list.find(mark);
        if (list.substr(0, end) == word) return place;
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return std::string_view::npos;
}

// Whether the whole text is a number; `out` is it then.
inline bool to_integer(std::string_view text, std::int64_t& out) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

// What the value says, by the type of the option: the number, 1 for true and 0 for false, the place
// among the words from 0; 0 for a text. Throws errc::invalid_url for what is none.
inline std::int64_t read_value(const koine_option& option, std::string_view value) {
    const auto key = to_view(option.key);
    std::int64_t number = 0;
    if (option.type == KOINE_OPTION_INTEGER) {
        if (!to_integer(value, number)) refuse_value(key, "a whole number");
    } else if (option.type == KOINE_OPTION_BOOLEAN) {
        const auto place = place_in_list("false|true|off|on|no|yes|0|1", value);
        if (place == std::string_view::npos) refuse_value(key, "true or false");
        number = place % 2;
    } else if (option.type == KOINE_OPTION_CHOICE) {
        const auto place = place_in_list(to_view(option.choices), value);
        if (place == std::string_view::npos) refuse_value(key, std::string{"one of "}.append(to_view(option.choices)));
        number = static_cast<std::int64_t>(place);
    }
    return number;
}
// A number within bounds. The same.
inline std::int64_t read_integer(std::string_view key, std::string_view value, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    if (!to_integer(value, number) || number < least || number > most)
        refuse_value(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
}

// Calls take(key, value, option) for each parameter; the option is null for the five parts of a URL
// (host, port, user, password, database). `lists` are the keys that may come several times,
// separated by '|'. Throws errc::unknown_name for a key that is neither a part nor in the table,
// errc::invalid_url for a value with a NUL byte and for another key that comes twice, and what
// `take` throws. `driver` is the driver's name for people.
template <class Take>
void read_parameters(std::string_view driver, std::span<const koine_option> options,
                     std::span<const koine_parameter> parameters, Take take, std::string_view lists = {}) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const koine_parameter& parameter = parameters[i];
        const auto key = to_view(parameter.key);
        const auto value = to_view(parameter.value);
        if (value.find('\0') != std::string_view::npos)
            throw local_failure(errc::invalid_url,
                                std::string{"the value of "}.append(key).append(" contains a NUL byte"));
        const auto found = std::find_if(options.begin(), options.end(),
                                        [key](const koine_option& option) { return to_view(option.key) == key; });
        const bool part = place_in_list("host|port|user|password|database", key) != std::string_view::npos;
        if (!part && found == options.end())
            throw local_failure(errc::unknown_name,
                                std::string{"the "}.append(driver).append(" driver has no option ").append(key));
        if (place_in_list(lists, key) == std::string_view::npos &&
            std::any_of(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(i),
                        [key](const koine_parameter& before) { return to_view(before.key) == key; }))
            throw local_failure(errc::invalid_url,
                                std::string{"the option "}.append(key).append(" is given twice; write it once"));
        take(key, value, part ? nullptr : &*found);
    }
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
