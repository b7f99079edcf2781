#include "decode.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <koine/detail/temporal_text.hpp>

#include "calendar.hpp"

namespace koine::libmariadb {

namespace {

constexpr unsigned int binary_charset = 63;

// Little-endian, as the protocol is; the machine's order where that is the same.
template <class T>
T load(const unsigned char* p) noexcept {
    T out;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    std::memcpy(&out, p, sizeof out);
#else
    unsigned char turned[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) turned[i] = p[sizeof(T) - 1 - i];
    std::memcpy(&out, turned, sizeof out);
#endif
    return out;
}

// The bytes of a row that are still to be read.
struct input {
    const unsigned char* at;
    const unsigned char* end;

    bool has(std::size_t n) const noexcept { return static_cast<std::size_t>(end - at) >= n; }
    template <class T>
    bool take(T& out) noexcept {
        if (!has(sizeof(T))) return false;
        out = load<T>(at);
        at += sizeof(T);
        return true;
    }
    // A length in front of bytes.
    bool take_length(std::uint64_t& out) noexcept {
        if (!has(1)) return false;
        const unsigned char first = *at++;
        if (first < 251) {
            out = first;
            return true;
        }
        const std::size_t bytes = first == 252 ? 2 : first == 253 ? 3 : first == 254 ? 8 : 0;
        if (bytes == 0 || !has(bytes)) return false;
        out = 0;
        for (std::size_t i = bytes; i-- > 0;) out = out << 8 | at[i];
        at += bytes;
        return true;
    }
    // Text or bytes, borrowed.
    bool take_bytes(koine_value& out) noexcept {
        std::uint64_t size = 0;
        if (!take_length(size) || !has(size) || size > UINT32_MAX) return false;
        out.u.p = at;
        out.len = static_cast<std::uint32_t>(size);
        at += size;
        return true;
    }
};

template <class T>
bool take_integer(input& in, koine_value& out) noexcept {
    T value;
    if (!in.take(value)) return false;
    out.tag = KOINE_INT64;
    out.u.i = static_cast<std::int64_t>(value);
    return true;
}

template <class T>
bool take_float(input& in, koine_value& out) noexcept {
    T value;
    if (!in.take(value)) return false;
    out.tag = KOINE_FLOAT64;
    out.u.f = static_cast<double>(value);
    return true;
}

void put_text(koine_value& out, std::uint8_t tag, std::string_view text, spi::arena& memory) {
    char* const copy = memory.take(text.size());
    std::memcpy(copy, text.data(), text.size());
    out.tag = tag;
    out.len = static_cast<std::uint32_t>(text.size());
    out.u.p = copy;
}

void put_unsigned(koine_value& out, std::uint64_t value, spi::arena& memory) {
    if (value <= INT64_MAX) {
        out.tag = KOINE_INT64;
        out.u.i = static_cast<std::int64_t>(value);
        return;
    }
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    put_text(out, KOINE_DECIMAL, std::string_view{text, static_cast<std::size_t>(end - text)}, memory);
}

struct moment {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0;
};

// A date that is none ("0000-00-00", "2024-02-00"): permissive modes of the server store such.
void put_no_date(koine_value& out, const moment& m, bool with_time, spi::arena& memory) {
    char text[64];
    int size = std::snprintf(text, sizeof text, "%04u-%02u-%02u", m.year, m.month, m.day);
    if (with_time)
        size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), " %02u:%02u:%02u.%06u", m.hour,
                              m.minute, m.second, m.microsecond);
    put_text(out, KOINE_OPAQUE, std::string_view{text, static_cast<std::size_t>(size)}, memory);
}

bool take_date(input& in, bool with_time, koine_value& out, spi::arena& memory) {
    std::uint64_t size = 0;
    if (!in.take_length(size) || !in.has(size) || (size != 0 && size != 4 && size != 7 && size != 11)) return false;
    moment m;
    const unsigned char* const p = in.at;
    in.at += size;
    if (size >= 4) {
        m.year = load<std::uint16_t>(p);
        m.month = p[2];
        m.day = p[3];
    }
    if (size >= 7) {
        m.hour = p[4];
        m.minute = p[5];
        m.second = p[6];
    }
    if (size == 11) m.microsecond = load<std::uint32_t>(p + 7);
    if (!exists(static_cast<int>(m.year), m.month, m.day)) {
        put_no_date(out, m, with_time, memory);
        return true;
    }
    const std::int64_t days = days_of(static_cast<int>(m.year), m.month, m.day);
    if (!with_time) {
        out.tag = KOINE_DATE;
        out.u.i = days;
        return true;
    }
    out.tag = KOINE_TIMESTAMP;
    out.flags = KOINE_VALUE_UTC;
    out.u.i =
        days * day_microseconds + ((std::int64_t{m.hour} * 60 + m.minute) * 60 + m.second) * 1'000'000 + m.microsecond;
    return true;
}

// The server's TIME is a duration of up to 838 hours, of either sign.
bool take_time(input& in, koine_value& out, spi::arena& memory) {
    std::uint64_t size = 0;
    if (!in.take_length(size) || !in.has(size) || (size != 0 && size != 8 && size != 12)) return false;
    const unsigned char* const p = in.at;
    in.at += size;
    std::int64_t microseconds = 0;
    bool negative = false;
    if (size >= 8) {
        negative = p[0] != 0;
        const std::int64_t hours = std::int64_t{load<std::uint32_t>(p + 1)} * 24 + p[5];
        microseconds = ((hours * 60 + p[6]) * 60 + p[7]) * 1'000'000;
    }
    if (size == 12) microseconds += load<std::uint32_t>(p + 8);
    if (!negative && microseconds <= day_microseconds) {
        out.tag = KOINE_TIME;
        out.u.i = microseconds;
        return true;
    }
    char text[64];
    const std::int64_t seconds = microseconds / 1'000'000;
    const int written = std::snprintf(text, sizeof text, "%s%02lld:%02d:%02d.%06d", negative ? "-" : "",
                                      static_cast<long long>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                                      static_cast<int>(seconds % 60), static_cast<int>(microseconds % 1'000'000));
    put_text(out, KOINE_OPAQUE, std::string_view{text, static_cast<std::size_t>(written)}, memory);
    return true;
}

bool take_bits(input& in, koine_value& out, spi::arena& memory) {
    koine_value bytes{};
    if (!in.take_bytes(bytes) || bytes.len > 8) return false;
    std::uint64_t value = 0;
    for (std::uint32_t i = 0; i < bytes.len; ++i) value = value << 8 | static_cast<const unsigned char*>(bytes.u.p)[i];
    put_unsigned(out, value, memory);
    return true;
}

bool take_value(input& in, const output_column& column, koine_value& out, spi::arena& memory) {
    switch (column.how) {
        case decoder::null:
            return true;
        case decoder::int8:
            return take_integer<std::int8_t>(in, out);
        case decoder::uint8:
            return take_integer<std::uint8_t>(in, out);
        case decoder::int16:
            return take_integer<std::int16_t>(in, out);
        case decoder::uint16:
            return take_integer<std::uint16_t>(in, out);
        case decoder::int32:
            return take_integer<std::int32_t>(in, out);
        case decoder::uint32:
            return take_integer<std::uint32_t>(in, out);
        case decoder::int64:
            return take_integer<std::int64_t>(in, out);
        case decoder::uint64: {
            std::uint64_t value = 0;
            if (!in.take(value)) return false;
            put_unsigned(out, value, memory);
            return true;
        }
        case decoder::float32:
            return take_float<float>(in, out);
        case decoder::float64:
            return take_float<double>(in, out);
        case decoder::date:
            return take_date(in, false, out, memory);
        case decoder::timestamp:
            return take_date(in, true, out, memory);
        case decoder::time:
            return take_time(in, out, memory);
        case decoder::bits:
            return take_bits(in, out, memory);
        case decoder::text:
            out.tag = KOINE_TEXT;
            break;
        case decoder::blob:
            out.tag = KOINE_BLOB;
            break;
        case decoder::decimal:
            out.tag = KOINE_DECIMAL;
            break;
        case decoder::json:
            out.tag = KOINE_JSON;
            break;
    }
    return in.take_bytes(out);
}

// What the server says of a type beyond its number: "json", "uuid", "inet6".
std::string_view attribute(const MYSQL_FIELD& field, mariadb_field_attr_t which) noexcept {
    MARIADB_CONST_STRING text{};
    if (mariadb_field_attr(&text, &field, which) != 0 || text.str == nullptr) return {};
    return std::string_view{text.str, text.length};
}

decoder integer_of(enum_field_types type, bool is_unsigned) noexcept {
    switch (type) {
        case MYSQL_TYPE_TINY:
            return is_unsigned ? decoder::uint8 : decoder::int8;
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_YEAR:
            return is_unsigned ? decoder::uint16 : decoder::int16;
        case MYSQL_TYPE_LONGLONG:
            return is_unsigned ? decoder::uint64 : decoder::int64;
        default:
            return is_unsigned ? decoder::uint32 : decoder::int32;
    }
}

const char* name_of(enum_field_types type, decoder how) noexcept {
    switch (type) {
        case MYSQL_TYPE_TINY:
            return "tinyint";
        case MYSQL_TYPE_SHORT:
            return "smallint";
        case MYSQL_TYPE_INT24:
            return "mediumint";
        case MYSQL_TYPE_LONG:
            return "int";
        case MYSQL_TYPE_LONGLONG:
            return "bigint";
        case MYSQL_TYPE_YEAR:
            return "year";
        case MYSQL_TYPE_FLOAT:
            return "float";
        case MYSQL_TYPE_DOUBLE:
            return "double";
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return "date";
        case MYSQL_TYPE_TIME:
            return "time";
        case MYSQL_TYPE_DATETIME:
            return "datetime";
        case MYSQL_TYPE_TIMESTAMP:
            return "timestamp";
        case MYSQL_TYPE_BIT:
            return "bit";
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return "decimal";
        case MYSQL_TYPE_STRING:
            return how == decoder::blob ? "binary" : "char";
        case MYSQL_TYPE_VARCHAR:
        case MYSQL_TYPE_VAR_STRING:
            return how == decoder::blob ? "varbinary" : "varchar";
        case MYSQL_TYPE_ENUM:
            return "enum";
        case MYSQL_TYPE_SET:
            return "set";
        case MYSQL_TYPE_JSON:
            return "json";
        case MYSQL_TYPE_GEOMETRY:
            return "geometry";
        case MYSQL_TYPE_NULL:
            return "null";
        default:
            return how == decoder::json ? "json" : how == decoder::blob ? "blob" : "text";
    }
}

decoder decoder_of(const MYSQL_FIELD& field) noexcept {
    switch (field.type) {
        case MYSQL_TYPE_NULL:
            return decoder::null;
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_YEAR:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
            return integer_of(field.type, (field.flags & UNSIGNED_FLAG) != 0);
        case MYSQL_TYPE_FLOAT:
            return decoder::float32;
        case MYSQL_TYPE_DOUBLE:
            return decoder::float64;
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return decoder::date;
        case MYSQL_TYPE_TIME:
            return decoder::time;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP:
            return decoder::timestamp;
        case MYSQL_TYPE_BIT:
            return decoder::bits;
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return decoder::decimal;
        case MYSQL_TYPE_JSON:
            return decoder::json;
        case MYSQL_TYPE_GEOMETRY:
            return decoder::blob;
        default:
            break;
    }
    if (attribute(field, MARIADB_FIELD_ATTR_FORMAT_NAME) == "json") return decoder::json;
    // The types uuid, inet4 and inet6 come as text under the number of binary strings.
    if (!attribute(field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME).empty()) return decoder::text;
    return field.charsetnr == binary_charset ? decoder::blob : decoder::text;
}

template <class T>
bool parse(std::string_view text, T& out) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

output_column column_of(const MYSQL_FIELD& field) {
    const decoder how = decoder_of(field);
    return output_column{field.type, field.flags & UNSIGNED_FLAG, field.charsetnr,
                         how,        name_of(field.type, how),    {field.name, field.name_length}};
}

std::int32_t tag_of(decoder how) noexcept {
    switch (how) {
        case decoder::null:
            return KOINE_NULL;
        case decoder::float32:
        case decoder::float64:
            return KOINE_FLOAT64;
        case decoder::date:
            return KOINE_DATE;
        case decoder::time:
            return KOINE_TIME;
        case decoder::timestamp:
            return KOINE_TIMESTAMP;
        case decoder::text:
            return KOINE_TEXT;
        case decoder::blob:
            return KOINE_BLOB;
        case decoder::decimal:
            return KOINE_DECIMAL;
        case decoder::json:
            return KOINE_JSON;
        default:
            return KOINE_INT64;
    }
}

bool decode_row(const unsigned char* row, const unsigned char* end, std::span<const output_column> columns,
                koine_value* cells, spi::arena& memory) {
    // A byte 0, a bit for each column from the third on, the values.
    const std::size_t bitmap = (columns.size() + 9) / 8;
    input in{row, end};
    if (!in.has(1 + bitmap)) return false;
    const unsigned char* const nulls = row + 1;
    in.at += 1 + bitmap;
    std::size_t bit = 2;
    for (const output_column& column : columns) {
        *cells = koine_value{};
        if ((nulls[bit / 8] >> (bit % 8) & 1) == 0 && !take_value(in, column, *cells, memory)) return false;
        ++bit;
        ++cells;
    }
    return true;
}

koine_value decode_text(const output_column& column, const char* text, unsigned long size, spi::arena& memory) {
    koine_value out{};
    if (text == nullptr) return out;
    const std::string_view given{text, size};
    out.len = static_cast<std::uint32_t>(size);
    out.u.p = text;
    switch (tag_of(column.how)) {
        case KOINE_INT64: {
            std::int64_t number = 0;
            std::uint64_t large = 0;
            if (column.how == decoder::bits) {
                for (const char c : given) large = large << 8 | static_cast<unsigned char>(c);
                out = koine_value{};
                put_unsigned(out, large, memory);
            } else if (parse(given, number)) {
                out = koine_value{0, KOINE_INT64, 0, 0, {number}};
            } else {
                out.tag = parse(given, large) ? KOINE_DECIMAL : KOINE_OPAQUE;
            }
            return out;
        }
        case KOINE_FLOAT64: {
            double number = 0;
            out.tag = KOINE_OPAQUE;
            if (parse(given, number)) {
                out = koine_value{};
                out.tag = KOINE_FLOAT64;
                out.u.f = number;
            }
            return out;
        }
        case KOINE_DATE:
        case KOINE_TIME:
        case KOINE_TIMESTAMP: {
            std::int64_t number = 0;
            const auto tag = static_cast<std::uint8_t>(tag_of(column.how));
            const bool good = tag == KOINE_DATE   ? detail::parse_date(given, number)
                              : tag == KOINE_TIME ? detail::parse_time(given, number)
                                                  : detail::parse_timestamp(given, number);
            out.tag = KOINE_OPAQUE;
            if (good) {
                out = koine_value{0, tag, 0, 0, {number}};
                if (tag == KOINE_TIMESTAMP) out.flags = KOINE_VALUE_UTC;
            }
            return out;
        }
        default:
            out.tag = static_cast<std::uint8_t>(tag_of(column.how));
            return out;
    }
}

}  // namespace koine::libmariadb
