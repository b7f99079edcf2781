#include "decode.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <koine/driver_spi.hpp>
#include <koine/spi/hex.hpp>

#include "calendar.hpp"
#include "oids.hpp"

namespace koine::libpq {

namespace {

[[noreturn]] void fail(errc code, bool poisons, std::string message) {
    spi::failure why;
    why.code = code;
    why.outcome = outcome::unknown;
    why.poisons_connection = why.poisons_transaction = poisons;
    why.message = std::move(message);
    throw why;
}

[[noreturn]] KOINE_COLD void bad_width(const column_block& block, int width) {
    fail(errc::type_mismatch, true,
         "the server sent a value of " + std::to_string(width) + " bytes for column " +
             std::to_string(block.column + 1) + " of type " + std::to_string(PQftype(block.result, block.column)));
}

[[noreturn]] KOINE_COLD void bad_text(const column_block& block) {
    fail(errc::invalid_value, false,
         "the text of a value in column " + std::to_string(block.column + 1) + " of type " +
             std::to_string(PQftype(block.result, block.column)) + " is not understood (is DateStyle other than ISO?)");
}

[[noreturn]] KOINE_COLD void out_of_range(const column_block& block) {
    fail(errc::out_of_range, false,
         "a value in column " + std::to_string(block.column + 1) + " does not fit into 64 bits of microseconds");
}

template <class Unsigned>
Unsigned big_endian(const char* p) noexcept {
    Unsigned value;
    std::memcpy(&value, p, sizeof value);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
#endif
    return value;
}

std::int64_t int16_at(const char* p) noexcept {
    return static_cast<std::int16_t>(big_endian<std::uint16_t>(p));
}
std::int64_t int32_at(const char* p) noexcept {
    return static_cast<std::int32_t>(big_endian<std::uint32_t>(p));
}
std::int64_t int64_at(const char* p) noexcept {
    return static_cast<std::int64_t>(big_endian<std::uint64_t>(p));
}

void set_integer(koine_value& out, std::uint8_t tag, std::int64_t value) noexcept {
    out.tag = tag;
    out.len = 0;
    out.u.i = value;
}

void set_float(koine_value& out, double value) noexcept {
    out.tag = KOINE_FLOAT64;
    out.len = 0;
    out.u.f = value;
}

void set_bytes(koine_value& out, std::uint8_t tag, const char* data, std::size_t size) noexcept {
    out.tag = tag;
    out.len = static_cast<std::uint32_t>(size);
    out.u.p = data;
}

// Calls `one(bytes, length, cell)` for each value that is not NULL.
template <class One>
void each(const column_block& block, One one) {
    koine_value* cell = block.cells;
    for (std::uint32_t i = 0; i < block.rows; ++i, cell += block.stride) {
        const int row = block.first_row + static_cast<int>(i);
        const int length = PQgetlength(block.result, row, block.column);
        if (length == 0 && PQgetisnull(block.result, row, block.column)) {
            set_integer(*cell, KOINE_NULL, 0);
            continue;
        }
        one(PQgetvalue(block.result, row, block.column), length, *cell);
    }
}

template <int Width, class One>
void each_fixed(const column_block& block, One one) {
    each(block, [&](const char* p, int length, koine_value& out) {
        if (length != Width) bad_width(block, length);
        one(p, out);
    });
}

template <class One>
void each_text(const column_block& block, One one) {
    each(block, [&](const char* p, int length, koine_value& out) {
        one(std::string_view{p, static_cast<std::size_t>(length)}, out);
    });
}

// Moves a moment from the server's epoch to 1970; the infinities stay.
std::int64_t from_server_epoch(const column_block& block, std::int64_t moment) {
    if (moment == plus_infinity || moment == minus_infinity) return moment;
    std::int64_t result = 0;
    if (__builtin_add_overflow(moment, epoch_microseconds, &result)) out_of_range(block);
    return result;
}

// numeric: counts and signs in 16-bit words, then digits of base 10000.
void decode_numeric(const column_block& block, const char* p, int length, koine_value& out, spi::arena& memory) {
    if (length < 8) bad_width(block, length);
    const std::int64_t digits = int16_at(p);
    const std::int64_t weight = int16_at(p + 2);
    const auto sign = big_endian<std::uint16_t>(p + 4);
    const std::int64_t scale = int16_at(p + 6);
    if (digits < 0 || scale < 0 || length != 8 + 2 * digits) bad_width(block, length);
    switch (sign) {
        case 0x0000:
        case 0x4000:
            break;
        case 0xC000:
            return set_bytes(out, KOINE_DECIMAL, "NaN", 3);
        case 0xD000:
            return set_bytes(out, KOINE_DECIMAL, "Infinity", 8);
        case 0xF000:
            return set_bytes(out, KOINE_DECIMAL, "-Infinity", 9);
        default:
            bad_width(block, length);
    }
    const auto word = [&](std::int64_t i) { return i >= 0 && i < digits ? int16_at(p + 8 + 2 * i) : 0; };
    const std::size_t whole = weight >= 0 ? static_cast<std::size_t>(weight + 1) * 4 : 1;
    char* const start = memory.take(whole + static_cast<std::size_t>(scale) + 8);
    char* at = start;
    if (sign == 0x4000) *at++ = '-';
    const auto put_word = [&at](std::int64_t value, bool leading) {
        for (std::int64_t unit = 1000; unit != 0; unit /= 10) {
            const auto digit = static_cast<char>('0' + value / unit % 10);
            if (leading && digit == '0' && unit != 1) continue;
            leading = false;
            *at++ = digit;
        }
    };
    if (weight < 0) {
        *at++ = '0';
    } else {
        for (std::int64_t i = 0; i <= weight; ++i) put_word(word(i), i == 0);
    }
    if (scale > 0) {
        *at++ = '.';
        char* const end = at + scale;
        std::int64_t i = weight + 1;
        while (at < end) put_word(word(i++), false);
        at = end;
    }
    set_bytes(out, KOINE_DECIMAL, start, static_cast<std::size_t>(at - start));
}

void decode_text_blob(const column_block& block, std::string_view text, koine_value& out, spi::arena& memory) {
    char* const start = memory.take(text.size());
    char* at = start;
    if (text.substr(0, 2) == "\\x") {
        if (text.size() % 2 != 0) bad_text(block);
        for (std::size_t i = 2; i < text.size(); i += 2) {
            const int high = spi::hex_value(text[i]);
            const int low = spi::hex_value(text[i + 1]);
            if (high < 0 || low < 0) bad_text(block);
            *at++ = static_cast<char>(high << 4 | low);
        }
    } else {
        // bytea_output = escape: a backslash is doubled, other bytes are three octal digits behind
        // one.
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '\\') {
                *at++ = text[i];
            } else if (i + 1 < text.size() && text[i + 1] == '\\') {
                *at++ = '\\';
                ++i;
            } else {
                int byte = 0;
                for (std::size_t k = 1; k <= 3; ++k) {
                    if (i + k >= text.size() || text[i + k] < '0' || text[i + k] > '7') bad_text(block);
                    byte = byte * 8 + (text[i + k] - '0');
                }
                *at++ = static_cast<char>(byte);
                i += 3;
            }
        }
    }
    set_bytes(out, KOINE_BLOB, start, static_cast<std::size_t>(at - start));
}

void decode_text_uuid(const column_block& block, std::string_view text, koine_value& out, spi::arena& memory) {
    char* const start = memory.take(16);
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '-') {
            ++i;
            continue;
        }
        const int high = spi::hex_value(text[i]);
        const int low = i + 1 < text.size() ? spi::hex_value(text[i + 1]) : -1;
        if (high < 0 || low < 0 || size == 16) bad_text(block);
        start[size++] = static_cast<char>(high << 4 | low);
        i += 2;
    }
    if (size != 16) bad_text(block);
    set_bytes(out, KOINE_UUID, start, 16);
}

void decode_calendar(const column_block& block, std::uint8_t tag,
                     std::optional<std::int64_t> (*read)(std::string_view) noexcept) {
    each_text(block, [&](std::string_view text, koine_value& out) {
        const auto value = read(text);
        if (!value) bad_text(block);
        set_integer(out, tag, *value);
    });
}

template <class Number>
Number number_of(const column_block& block, std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) bad_text(block);
    return value;
}

}  // namespace

bool has_binary_decoder(std::uint32_t type) noexcept {
    switch (type) {
        case oid::boolean:
        case oid::bytea:
        case oid::name:
        case oid::int8:
        case oid::int2:
        case oid::int4:
        case oid::text:
        case oid::oid:
        case oid::json:
        case oid::float4:
        case oid::float8:
        case oid::unknown:
        case oid::bpchar:
        case oid::varchar:
        case oid::date:
        case oid::time:
        case oid::timestamp:
        case oid::timestamptz:
        case oid::numeric:
        case oid::uuid:
        case oid::jsonb:
            return true;
        default:
            return false;
    }
}

decoder decoder_for(std::uint32_t type, bool binary) noexcept {
    switch (type) {
        case oid::boolean:
            return binary ? decoder::boolean : decoder::text_boolean;
        case oid::bytea:
            return binary ? decoder::blob : decoder::text_blob;
        case oid::int8:
            return binary ? decoder::int8 : decoder::text_integer;
        case oid::int2:
            return binary ? decoder::int2 : decoder::text_integer;
        case oid::int4:
            return binary ? decoder::int4 : decoder::text_integer;
        case oid::oid:
            return binary ? decoder::oid : decoder::text_integer;
        case oid::float4:
            return binary ? decoder::float4 : decoder::text_float;
        case oid::float8:
            return binary ? decoder::float8 : decoder::text_float;
        case oid::name:
        case oid::text:
        case oid::unknown:
        case oid::bpchar:
        case oid::varchar:
            return decoder::text;
        case oid::json:
            return decoder::json;
        case oid::jsonb:
            return binary ? decoder::jsonb : decoder::json;
        case oid::date:
            return binary ? decoder::date : decoder::text_date;
        case oid::time:
            return binary ? decoder::time : decoder::text_time;
        case oid::timestamp:
            return binary ? decoder::timestamp : decoder::text_timestamp;
        case oid::timestamptz:
            return binary ? decoder::instant : decoder::text_instant;
        case oid::numeric:
            return binary ? decoder::numeric : decoder::text_numeric;
        case oid::uuid:
            return binary ? decoder::uuid : decoder::text_uuid;
        default:
            return decoder::text_opaque;
    }
}

std::int32_t tag_of(decoder how) noexcept {
    switch (how) {
        case decoder::boolean:
        case decoder::text_boolean:
            return KOINE_BOOL;
        case decoder::int2:
        case decoder::int4:
        case decoder::int8:
        case decoder::oid:
        case decoder::text_integer:
            return KOINE_INT64;
        case decoder::float4:
        case decoder::float8:
        case decoder::text_float:
            return KOINE_FLOAT64;
        case decoder::text:
            return KOINE_TEXT;
        case decoder::blob:
        case decoder::text_blob:
            return KOINE_BLOB;
        case decoder::uuid:
        case decoder::text_uuid:
            return KOINE_UUID;
        case decoder::date:
        case decoder::text_date:
            return KOINE_DATE;
        case decoder::time:
        case decoder::text_time:
            return KOINE_TIME;
        case decoder::timestamp:
        case decoder::text_timestamp:
            return KOINE_TIMESTAMP;
        case decoder::instant:
        case decoder::text_instant:
            return KOINE_INSTANT;
        case decoder::json:
        case decoder::jsonb:
            return KOINE_JSON;
        case decoder::numeric:
        case decoder::text_numeric:
            return KOINE_DECIMAL;
        case decoder::text_opaque:
            return KOINE_OPAQUE;
    }
    return KOINE_NULL;
}

void decode(decoder how, const column_block& block, spi::arena& memory) {
    switch (how) {
        case decoder::boolean:
            return each_fixed<1>(block, [](const char* p, koine_value& out) { set_integer(out, KOINE_BOOL, *p != 0); });
        case decoder::int2:
            return each_fixed<2>(block,
                                 [](const char* p, koine_value& out) { set_integer(out, KOINE_INT64, int16_at(p)); });
        case decoder::int4:
            return each_fixed<4>(block,
                                 [](const char* p, koine_value& out) { set_integer(out, KOINE_INT64, int32_at(p)); });
        case decoder::int8:
            return each_fixed<8>(block,
                                 [](const char* p, koine_value& out) { set_integer(out, KOINE_INT64, int64_at(p)); });
        case decoder::oid:
            return each_fixed<4>(block, [](const char* p, koine_value& out) {
                set_integer(out, KOINE_INT64, big_endian<std::uint32_t>(p));
            });
        case decoder::float4:
            return each_fixed<4>(block, [](const char* p, koine_value& out) {
                set_float(out, static_cast<double>(__builtin_bit_cast(float, big_endian<std::uint32_t>(p))));
            });
        case decoder::float8:
            return each_fixed<8>(block, [](const char* p, koine_value& out) {
                set_float(out, __builtin_bit_cast(double, big_endian<std::uint64_t>(p)));
            });
        case decoder::text:
            return each(block, [](const char* p, int n, koine_value& out) {
                set_bytes(out, KOINE_TEXT, p, static_cast<std::size_t>(n));
            });
        case decoder::blob:
            return each(block, [](const char* p, int n, koine_value& out) {
                set_bytes(out, KOINE_BLOB, p, static_cast<std::size_t>(n));
            });
        case decoder::uuid:
            return each_fixed<16>(block, [](const char* p, koine_value& out) { set_bytes(out, KOINE_UUID, p, 16); });
        case decoder::date:
            return each_fixed<4>(block, [](const char* p, koine_value& out) {
                const std::int64_t days = int32_at(p);
                const std::int64_t moved = days == INT32_MAX   ? plus_infinity
                                           : days == INT32_MIN ? minus_infinity
                                                               : days + epoch_days;
                set_integer(out, KOINE_DATE, moved);
            });
        case decoder::time:
            return each_fixed<8>(block,
                                 [&](const char* p, koine_value& out) { set_integer(out, KOINE_TIME, int64_at(p)); });
        case decoder::timestamp:
            return each_fixed<8>(block, [&](const char* p, koine_value& out) {
                set_integer(out, KOINE_TIMESTAMP, from_server_epoch(block, int64_at(p)));
            });
        case decoder::instant:
            return each_fixed<8>(block, [&](const char* p, koine_value& out) {
                set_integer(out, KOINE_INSTANT, from_server_epoch(block, int64_at(p)));
            });
        case decoder::json:
            return each(block, [](const char* p, int n, koine_value& out) {
                set_bytes(out, KOINE_JSON, p, static_cast<std::size_t>(n));
            });
        case decoder::jsonb:
            return each(block, [&](const char* p, int n, koine_value& out) {
                // the first byte is the version of the format
                if (n < 1 || *p != 1) bad_width(block, n);
                set_bytes(out, KOINE_JSON, p + 1, static_cast<std::size_t>(n - 1));
            });
        case decoder::numeric:
            return each(block,
                        [&](const char* p, int n, koine_value& out) { decode_numeric(block, p, n, out, memory); });
        case decoder::text_boolean:
            return each_text(block, [&](std::string_view text, koine_value& out) {
                if (text != "t" && text != "f") bad_text(block);
                set_integer(out, KOINE_BOOL, text == "t");
            });
        case decoder::text_integer:
            return each_text(block, [&](std::string_view text, koine_value& out) {
                set_integer(out, KOINE_INT64, number_of<std::int64_t>(block, text));
            });
        case decoder::text_float:
            return each_text(block, [&](std::string_view text, koine_value& out) {
                // from_chars knows "infinity" and "nan" in any case; the server writes Infinity and
                // NaN.
                set_float(out, number_of<double>(block, text));
            });
        case decoder::text_blob:
            return each_text(
                block, [&](std::string_view text, koine_value& out) { decode_text_blob(block, text, out, memory); });
        case decoder::text_uuid:
            return each_text(
                block, [&](std::string_view text, koine_value& out) { decode_text_uuid(block, text, out, memory); });
        case decoder::text_date:
            return decode_calendar(block, KOINE_DATE, &read_date);
        case decoder::text_time:
            return decode_calendar(block, KOINE_TIME, &read_time);
        case decoder::text_timestamp:
            return decode_calendar(block, KOINE_TIMESTAMP, &read_timestamp);
        case decoder::text_instant:
            return decode_calendar(block, KOINE_INSTANT, &read_instant);
        case decoder::text_numeric:
            return each(block, [](const char* p, int n, koine_value& out) {
                set_bytes(out, KOINE_DECIMAL, p, static_cast<std::size_t>(n));
            });
        case decoder::text_opaque:
            return each(block, [](const char* p, int n, koine_value& out) {
                set_bytes(out, KOINE_OPAQUE, p, static_cast<std::size_t>(n));
            });
    }
}

void decode_row(std::span<const column_format> columns, const PGresult* result, int row, koine_value* cells,
                spi::arena& memory) {
    int at = 0;
    for (const column_format& column : columns) {
        const int length = PQgetlength(result, row, at);
        if (column.how == decoder::text && length != 0) {
            cells->len = static_cast<std::uint32_t>(length);
            cells->tag = KOINE_TEXT;
            cells->u.p = PQgetvalue(result, row, at);
        } else if (column.how == decoder::int8 && length == 8) {
            set_integer(*cells, KOINE_INT64, int64_at(PQgetvalue(result, row, at)));
        } else {
            decode(column.how, column_block{result, at, row, 1, cells, 1}, memory);
        }
        ++at;
        ++cells;
    }
}

}  // namespace koine::libpq
