// The text of an array, by which the values of a list travel as one parameter. Its elements have
// the column's type, so each has the text that a parameter of its own would have.
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include <koine/detail/temporal_text.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/error.hpp>
#include <koine/uuid.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

void put_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void put_hex(std::string& out, const koine_value& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto* const data = static_cast<const unsigned char*>(bytes.u.p);
    out += "\"\\\\x";
    for (std::uint32_t i = 0; i < bytes.len; ++i) {
        out += digits[data[i] >> 4U];
        out += digits[data[i] & 15U];
    }
    out += '"';
}

template <class Number>
void put_number(std::string& out, Number number) {
    std::array<char, 32> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

// Years are the server's: without a sign, and counted backwards from 1 BC, which is the year 0.
void put_moment(std::string& out, std::int64_t value, std::size_t (*format)(std::int64_t, char*) noexcept) {
    std::array<char, detail::temporal_text_size> room;
    const std::size_t size = format(value, room.data());
    if (size == 0) {
        error_info info;
        info.code = errc::out_of_range;
        info.outcome = outcome::not_sent;
        info.message = "a date of a list is beyond the year 999999999";
        throw_error(std::move(info));
    }
    std::string_view text{room.data(), size};
    const bool infinite = value == detail::temporal_infinity || value == detail::temporal_minus_infinity;
    const auto dash = text.find('-', 1);
    std::int64_t year = 1;
    if (!infinite && dash != std::string_view::npos) {
        const char* const digits = text.data() + (text[0] == '+' ? 1 : 0);
        std::from_chars(digits, text.data() + dash, year);
    }
    if (year > 0) {
        if (text[0] == '+') text.remove_prefix(1);
        return put_quoted(out, text);
    }
    auto before = std::to_string(1 - year);
    if (before.size() < 4) before.insert(0, 4 - before.size(), '0');
    put_quoted(out, before.append(text.substr(dash)).append(" BC"));
}

void put(std::string& out, const koine_value& value) {
    switch (value.tag) {
        case KOINE_INT64:
            return put_number(out, value.u.i);
        case KOINE_FLOAT64:
            return put_number(out, value.u.f);
        case KOINE_BOOL:
            out += value.u.i != 0 ? "true" : "false";
            return;
        case KOINE_BLOB:
            return put_hex(out, value);
        case KOINE_DATE:
            return put_moment(out, value.u.i, &detail::format_date);
        case KOINE_TIME:
            return put_moment(out, value.u.i, &detail::format_time);
        case KOINE_TIMESTAMP:
            return put_moment(out, value.u.i, &detail::format_timestamp);
        case KOINE_INSTANT:
            return put_moment(out, value.u.i, &detail::format_instant);
        case KOINE_UUID: {
            uuid::bytes_type bytes;
            std::memcpy(bytes.data(), value.u.p, bytes.size());
            out += uuid{bytes}.to_string();
            return;
        }
        default:
            return put_quoted(out, {value.len == 0 ? "" : static_cast<const char*>(value.u.p), value.len});
    }
}

}  // namespace

std::string postgresql::list_text(std::span<const koine_value> values) const {
    std::string out;
    out.reserve(values.size() * 8);
    for (const koine_value& value : values) {
        out += out.empty() ? '{' : ',';
        put(out, value);
    }
    return out += '}';
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
