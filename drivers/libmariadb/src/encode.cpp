#include "encode.hpp"

#include <cmath>
#include <string>

#include <koine/spi/hex.hpp>

#include "calendar.hpp"
#include "errors.hpp"

namespace koine::libmariadb {

namespace {

void check_day(std::int64_t day) {
    if (day < first_day || day > last_day)
        throw local_failure(errc::out_of_range,
                            "the database holds dates of the years 0000 to 9999 only, no infinite ones");
}

void put_day(std::int64_t days, MYSQL_TIME& out) {
    check_day(days);
    const auto date = date_of(days);
    out.year = static_cast<unsigned int>(static_cast<int>(date.year()));
    out.month = static_cast<unsigned int>(date.month());
    out.day = static_cast<unsigned int>(date.day());
}

void put_clock(std::int64_t microseconds, MYSQL_TIME& out) noexcept {
    out.second_part = static_cast<unsigned long>(microseconds % 1'000'000);
    const std::int64_t seconds = microseconds / 1'000'000;
    out.second = static_cast<unsigned int>(seconds % 60);
    out.minute = static_cast<unsigned int>(seconds / 60 % 60);
    out.hour = static_cast<unsigned int>(seconds / 3600);
}

}  // namespace

void parameters::resize(std::size_t count) {
    binds_.assign(count, MYSQL_BIND{});
    slots_.assign(count, slot{});
    for (std::size_t i = 0; i < count; ++i) {
        binds_[i].buffer_type = MYSQL_TYPE_NULL;
        binds_[i].is_null = &slots_[i].null;
        binds_[i].length = &slots_[i].length;
    }
}

void parameters::encode(std::span<const koine_value> values) {
    if (values.size() != binds_.size())
        throw local_failure(errc::usage, "the statement takes " + std::to_string(binds_.size()) + " parameters, got " +
                                             std::to_string(values.size()));
    bytes_ = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        encode_one(values[i], binds_[i], slots_[i]);
        bytes_ += slots_[i].length + 16;
    }
}

void parameters::encode_one(const koine_value& value, MYSQL_BIND& bind, slot& memory) {
    memory.null = 0;
    memory.length = 8;
    memory.time = MYSQL_TIME{};
    const auto borrow = [&](enum_field_types type) {
        bind.buffer_type = type;
        // The library takes a null address for NULL.
        bind.buffer = value.len != 0 ? const_cast<void*>(value.u.p) : memory.uuid;
        memory.length = value.len;
    };
    switch (value.tag) {
        case KOINE_NULL:
            // The type stays what it was: NULL needs none.
            memory.null = 1;
            memory.length = 0;
            return;
        case KOINE_INT64:
        case KOINE_BOOL:
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &memory.number.integer;
            memory.number.integer = value.u.i;
            return;
        case KOINE_FLOAT64:
            if (!std::isfinite(value.u.f))
                throw local_failure(errc::out_of_range,
                                    "the database holds finite numbers only, no NaN and no infinity");
            bind.buffer_type = MYSQL_TYPE_DOUBLE;
            bind.buffer = &memory.number.real;
            memory.number.real = value.u.f;
            return;
        case KOINE_DATE:
            put_day(value.u.i, memory.time);
            memory.time.time_type = MYSQL_TIMESTAMP_DATE;
            bind.buffer_type = MYSQL_TYPE_DATE;
            bind.buffer = &memory.time;
            return;
        case KOINE_TIME:
            put_clock(value.u.i, memory.time);
            memory.time.time_type = MYSQL_TIMESTAMP_TIME;
            bind.buffer_type = MYSQL_TYPE_TIME;
            bind.buffer = &memory.time;
            return;
        case KOINE_TIMESTAMP:
        case KOINE_INSTANT: {
            std::int64_t days = value.u.i / day_microseconds;
            std::int64_t clock = value.u.i % day_microseconds;
            if (clock < 0) {
                clock += day_microseconds;
                --days;
            }
            put_day(days, memory.time);
            put_clock(clock, memory.time);
            memory.time.time_type = MYSQL_TIMESTAMP_DATETIME;
            bind.buffer_type = MYSQL_TYPE_DATETIME;
            bind.buffer = &memory.time;
            return;
        }
        case KOINE_UUID:
            spi::put_uuid(static_cast<const unsigned char*>(value.u.p), memory.uuid);
            bind.buffer_type = MYSQL_TYPE_STRING;
            bind.buffer = memory.uuid;
            memory.length = sizeof memory.uuid;
            return;
        case KOINE_BLOB:
            return borrow(MYSQL_TYPE_BLOB);
        case KOINE_DECIMAL:
            return borrow(MYSQL_TYPE_NEWDECIMAL);
        case KOINE_TEXT:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            return borrow(MYSQL_TYPE_STRING);
        default:
            throw local_failure(errc::type_mismatch, "a bound value has an unknown tag");
    }
}

}  // namespace koine::libmariadb
