#include "encode.hpp"

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include <koine/driver_spi.hpp>
#include <koine/spi/hex.hpp>

#include "calendar.hpp"
#include "oids.hpp"

namespace koine::libpq {

namespace {

[[noreturn]] KOINE_COLD void refuse(errc code, std::string message) {
    throw spi::local_failure(code, std::move(message));
}

[[noreturn]] KOINE_COLD void mismatch(std::string_view what, std::uint32_t type) {
    const auto name = oid::type_name(type);
    refuse(errc::type_mismatch, std::string{what} + " does not fit a parameter of type " +
                                    (name.empty() ? "number " + std::to_string(type) : std::string{name}));
}

[[noreturn]] KOINE_COLD void too_large(std::uint32_t type) {
    refuse(errc::out_of_range, "a value is out of range for a parameter of type " + std::string{oid::type_name(type)});
}

[[noreturn]] KOINE_COLD void too_long(std::size_t bytes, const char* before, const char* behind) {
    refuse(errc::too_big, before + std::to_string(bytes) + behind);
}

// Room for the longest text of a value that is not bytes: a float64, a timestamp, a uuid.
constexpr std::size_t fixed_room = max_time_text + 8;

constexpr bool is_text(std::uint32_t type) noexcept {
    return type == oid::text || type == oid::varchar || type == oid::bpchar || type == oid::name ||
           type == oid::unknown;
}

constexpr std::uint32_t tags_with_bytes =
    1U << KOINE_TEXT | 1U << KOINE_BLOB | 1U << KOINE_DECIMAL | 1U << KOINE_JSON | 1U << KOINE_OPAQUE;

bool has_bytes(const koine_value& value) noexcept {
    return value.tag < 32 && (tags_with_bytes >> value.tag & 1U) != 0;
}

}  // namespace

// Where one parameter goes.
struct parameters::place {
    const char* text;
    int length;
    int format;  // 0 text, 1 binary
    char* room;  // as much as encode() counted for the value

    template <class Unsigned>
    void binary(Unsigned value) noexcept {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
        if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
        if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
#endif
        std::memcpy(room, &value, sizeof value);
        took(sizeof value, 1);
    }
    void took(std::size_t size, int as) noexcept {
        text = room;
        length = static_cast<int>(size);
        format = as;
        room += size;
    }
    // libpq measures text parameters by their terminator.
    void text_end(std::size_t size) noexcept {
        room[size] = '\0';
        took(size, 0);
        ++room;
    }
    void borrow(const koine_value& value, bool keep) noexcept {
        if (keep) {
            if (value.len != 0) std::memcpy(room, value.u.p, value.len);
            took(value.len, 1);
            return;
        }
        text = value.len != 0 ? static_cast<const char*>(value.u.p) : "";
        length = static_cast<int>(value.len);
        format = 1;
    }
    void copy_text(const koine_value& value) {
        if (value.len != 0) {
            if (std::memchr(value.u.p, 0, value.len) != nullptr)
                refuse(errc::invalid_encoding, "a text contains a NUL byte");
            std::memcpy(room, value.u.p, value.len);
        }
        text_end(value.len);
    }
};

bool parameters::encode_plain(std::span<const koine_value> values, std::span<const std::uint32_t> types) {
    // As many as before, as it is from execution to execution of a statement: there is room.
    if (count_ != values.size()) return false;
    place out{nullptr, 0, 0, memory_.data()};
    std::size_t borrowed = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const koine_value& value = values[i];
        if (value.tag == KOINE_INT64 && types[i] == oid::int8) {
            out.binary(static_cast<std::uint64_t>(value.u.i));
        } else if (value.tag == KOINE_TEXT && types[i] == oid::text) {
            borrowed += value.len;
            out.borrow(value, false);
        } else {
            return false;
        }
        put(i, out);
    }
    return borrowed <= max_value_bytes;
}

void parameters::encode_any(std::span<const koine_value> values, std::span<const std::uint32_t> types, bool keep) {
    std::size_t room = 0;
    for (const koine_value& value : values) {
        if (!has_bytes(value)) {
            room += fixed_room;
            continue;
        }
        if (value.len > max_value_bytes) too_long(value.len, "a value of ", " bytes is too long");
        room += std::size_t{value.len} + 1;
    }
    // Offsets of a message are 32-bit numbers: the sum has the limit of one value.
    if (room > std::size_t{max_value_bytes} + values.size() * fixed_room)
        too_long(room, "the values of one statement are ", " bytes together");
    if (memory_.size() < room) memory_.resize(room);
    if (count_ != values.size()) resize(values.size());
    place out{nullptr, 0, 0, memory_.data()};
    for (std::size_t i = 0; i < values.size(); ++i) {
        const koine_value& value = values[i];
        if (value.tag == KOINE_NULL) {
            texts_[i] = nullptr;
            lengths_[i] = 0;
            formats_[i] = 0;
            continue;
        }
        encode_one(value, types[i], keep, out);
        put(i, out);
    }
}

inline void parameters::put(std::size_t at, const place& from) noexcept {
    texts_[at] = from.text;
    lengths_[at] = from.length;
    formats_[at] = from.format;
}

void parameters::resize(std::size_t count) {
    texts_.resize(count);
    lengths_.resize(count);
    formats_.resize(count);
    if (memory_.size() < count * fixed_room) memory_.resize(count * fixed_room);
    count_ = count;
}

// Binary where the value's meaning is the parameter's type; else the value's text, which the server
// reads and checks; an error where that text would be read as something else.
void parameters::encode_one(const koine_value& value, std::uint32_t type, bool keep, place& out) {
    const auto moment_misfit = [type](std::uint32_t a, std::uint32_t b) {
        const bool moment = type == oid::date || type == oid::time || type == oid::timetz || type == oid::timestamp ||
                            type == oid::timestamptz;
        return moment && type != a && type != b;
    };
    if (type == oid::bytea && value.tag != KOINE_BLOB) mismatch("a value that is not bytes", type);
    switch (value.tag) {
        case KOINE_INT64: {
            const std::int64_t i = value.u.i;
            switch (type) {
                case oid::int8:
                    return out.binary(static_cast<std::uint64_t>(i));
                case oid::int4:
                    if (i < INT32_MIN || i > INT32_MAX) too_large(type);
                    return out.binary(static_cast<std::uint32_t>(i));
                case oid::int2:
                    if (i < INT16_MIN || i > INT16_MAX) too_large(type);
                    return out.binary(static_cast<std::uint16_t>(i));
                case oid::oid:
                    if (i < 0 || i > UINT32_MAX) too_large(type);
                    return out.binary(static_cast<std::uint32_t>(i));
                case oid::float8: {
                    const auto f = static_cast<double>(i);
                    // 2^63 is a double but no int64: test before converting back.
                    if (f >= 9223372036854775808.0 || static_cast<std::int64_t>(f) != i) too_large(type);
                    return out.binary(__builtin_bit_cast(std::uint64_t, f));
                }
                case oid::float4: {
                    const auto f = static_cast<float>(i);
                    if (f >= 9223372036854775808.0F || static_cast<std::int64_t>(f) != i) too_large(type);
                    return out.binary(__builtin_bit_cast(std::uint32_t, f));
                }
                default:
                    break;
            }
            return out.text_end(
                static_cast<std::size_t>(std::to_chars(out.room, out.room + fixed_room, i).ptr - out.room));
        }
        case KOINE_FLOAT64:
            if (type == oid::float8) return out.binary(__builtin_bit_cast(std::uint64_t, value.u.f));
            return out.text_end(
                static_cast<std::size_t>(std::to_chars(out.room, out.room + fixed_room, value.u.f).ptr - out.room));
        case KOINE_BOOL:
            if (type == oid::boolean) return out.binary(static_cast<std::uint8_t>(value.u.i != 0));
            std::memcpy(out.room, value.u.i != 0 ? "true" : "false", 5);
            return out.text_end(value.u.i != 0 ? 4 : 5);
        case KOINE_TEXT:
            if (is_text(type) || type == oid::json) return out.borrow(value, keep);
            return out.copy_text(value);
        case KOINE_JSON:
            if (is_text(type) || type == oid::json) return out.borrow(value, keep);
            return out.copy_text(value);
        case KOINE_BLOB:
            // Types of extensions may have a binary form that the caller knows; those of the server
            // have their own tags.
            if (type != oid::bytea && type < oid::first_user_type) mismatch("bytes", type);
            return out.borrow(value, keep);
        case KOINE_DATE: {
            const std::int64_t days = value.u.i;
            if (type != oid::date) {
                if (moment_misfit(oid::timestamp, oid::timestamptz)) mismatch("a date", type);
                return out.text_end(write_date(days, out.room));
            }
            if (days == plus_infinity) return out.binary(static_cast<std::uint32_t>(INT32_MAX));
            if (days == minus_infinity) return out.binary(static_cast<std::uint32_t>(INT32_MIN));
            if (days > INT32_MAX || days <= INT32_MIN + epoch_days) too_large(type);
            return out.binary(static_cast<std::uint32_t>(days - epoch_days));
        }
        case KOINE_TIME:
            if (type != oid::time) {
                if (moment_misfit(oid::timetz, oid::timetz)) mismatch("a time of day", type);
                return out.text_end(write_time(value.u.i, out.room));
            }
            return out.binary(static_cast<std::uint64_t>(value.u.i));
        case KOINE_TIMESTAMP:
        case KOINE_INSTANT: {
            const bool zoned = value.tag == KOINE_INSTANT;
            const auto own = zoned ? oid::timestamptz : oid::timestamp;
            const std::int64_t moment = value.u.i;
            if (type != own) {
                // The server would drop the zone, the date or the time of the text without a word.
                if (moment_misfit(own, own)) mismatch(zoned ? "an instant" : "a timestamp without zone", type);
                return out.text_end(write_timestamp(moment, zoned, out.room));
            }
            if (moment == plus_infinity || moment == minus_infinity)
                return out.binary(static_cast<std::uint64_t>(moment));
            std::int64_t moved = 0;
            if (__builtin_sub_overflow(moment, epoch_microseconds, &moved) || moved == minus_infinity) too_large(type);
            return out.binary(static_cast<std::uint64_t>(moved));
        }
        case KOINE_UUID: {
            const auto* const bytes = static_cast<const unsigned char*>(value.u.p);
            if (type == oid::uuid) {
                std::memcpy(out.room, bytes, 16);
                return out.took(16, 1);
            }
            return out.text_end(static_cast<std::size_t>(spi::put_uuid(bytes, out.room) - out.room));
        }
        case KOINE_DECIMAL:
        case KOINE_OPAQUE:
            return out.copy_text(value);
        default:
            refuse(errc::usage, "a value has the unknown tag " + std::to_string(value.tag));
    }
}

}  // namespace koine::libpq
