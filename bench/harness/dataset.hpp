#pragma once
// The tables, the rows and the checksum that the raw and the Koine programs have in common. The
// programs use their own row types (the raw ones use these); the checksums take any type with the
// same member names.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

// W1-W6: one integer key and two strings. The name fits std::string's inline buffer, the email does
// not.
struct customer {
    std::int64_t id = 0;
    std::string name;
    std::string email;
};

// W2-numbers: ten numeric columns, where a text protocol or a generic value holder would show.
struct reading {
    std::int64_t id = 0;
    std::int64_t station = 0;
    std::int64_t taken_at = 0;
    std::int64_t sequence = 0;
    std::int64_t flags = 0;
    std::int64_t samples = 0;
    double low = 0;
    double high = 0;
    double mean = 0;
    double deviation = 0;
};

inline constexpr const char* customers_ddl_sqlite =
    "create table customers (id integer not null primary key, name text not null, email text not null)";
inline constexpr const char* readings_ddl_sqlite =
    "create table readings (id integer not null primary key, station integer not null, "
    "taken_at integer not null, sequence integer not null, flags integer not null, samples integer not null, "
    "low real not null, high real not null, mean real not null, deviation real not null)";
inline constexpr const char* customers_ddl_postgresql =
    "create table customers (id bigint not null primary key, name text not null, email text not null)";
inline constexpr const char* readings_ddl_postgresql =
    "create table readings (id bigint not null primary key, station bigint not null, taken_at bigint not "
    "null, "
    "sequence bigint not null, flags bigint not null, samples bigint not null, low float8 not null, "
    "high float8 not null, mean float8 not null, deviation float8 not null)";

inline constexpr const char* customers_ddl_mariadb =
    "create table customers (id bigint not null primary key, name longtext not null, email longtext not null) "
    "engine=InnoDB default "
    "character set utf8mb4 collate utf8mb4_nopad_bin";
inline constexpr const char* readings_ddl_mariadb =
    "create table readings (id bigint not null primary key, station bigint not null, taken_at bigint not null, "
    "sequence bigint not null, "
    "flags bigint not null, samples bigint not null, low double not null, high double not null, mean double not null, "
    "deviation double not null) engine=InnoDB";

// Rows of the table in the workloads that touch single rows (W3, W6); their COUNT is smaller: the
// last key warms up.
inline constexpr std::int64_t table_rows = 100'000;

// The key of the i-th single-row operation, i in [0, table_rows): a permutation, so that no key
// comes twice and neighbours in time are no neighbours in the tree. 7919 is prime and does not
// divide table_rows.
inline std::int64_t scattered_key(std::int64_t i) {
    return i * 7919 % table_rows + 1;
}

// Row `id` of customers, ids counted from 1.
inline customer make_customer(std::int64_t id) {
    char text[64];
    customer c;
    c.id = id;
    c.name.assign(
        text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "name-%08lld", static_cast<long long>(id))));
    c.email.assign(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "user%08lld@mail.example",
                                                                static_cast<long long>(id * 37 % 100'000'000))));
    return c;
}

// What W6 writes into the name of row `id`: as long as the old one.
inline std::string renamed(std::int64_t id) {
    char text[64];
    return std::string(
        text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "new--%08lld", static_cast<long long>(id))));
}

// Row `id` of readings, ids counted from 1.
inline reading make_reading(std::int64_t id) {
    const double base = static_cast<double>(id % 997) * 0.125 + 0.0625;
    return {.id = id,
            .station = id % 500,
            .taken_at = 1'700'000'000'000 + id * 60'000,
            .sequence = id * 3,
            .flags = id % 7,
            .samples = 60 + id % 5,
            .low = base - 1.3,
            .high = base + 2.7,
            .mean = base,
            .deviation = base / 3.0};
}

// Adds bytes to an FNV-1a checksum.
inline std::uint64_t fold_bytes(std::uint64_t sum, const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return sum;
}

inline constexpr std::uint64_t empty_checksum = 0xcbf29ce484222325u;

inline std::uint64_t fold(std::uint64_t sum, std::int64_t v) {
    return fold_bytes(sum, &v, sizeof v);
}
inline std::uint64_t fold(std::uint64_t sum, double v) {
    return fold_bytes(sum, &v, sizeof v);
}
inline std::uint64_t fold(std::uint64_t sum, std::string_view v) {
    return fold_bytes(fold(sum, static_cast<std::int64_t>(v.size())), v.data(), v.size());
}

// Every byte of a row: used outside of the bracket.
template <class Customer>
std::uint64_t fold_customer(std::uint64_t sum, const Customer& c) {
    return fold(fold(fold(sum, c.id), std::string_view(c.name)), std::string_view(c.email));
}

template <class Reading>
std::uint64_t fold_reading(std::uint64_t sum, const Reading& r) {
    for (std::int64_t v : {r.id, r.station, r.taken_at, r.sequence, r.flags, r.samples}) sum = fold(sum, v);
    for (double v : {r.low, r.high, r.mean, r.deviation}) sum = fold(sum, v);
    return sum;
}

// A few instructions for a row, enough to prove that the right row arrived whole: used inside of
// the bracket (W3).
template <class Customer>
std::uint64_t touch_customer(std::uint64_t sum, const Customer& c) {
    std::uint64_t tail = 0;
    if (c.name.size() >= sizeof tail) std::memcpy(&tail, c.name.data() + c.name.size() - sizeof tail, sizeof tail);
    return (sum ^ static_cast<std::uint64_t>(c.id) ^ tail) * 0x100000001b3u + c.name.size() + c.email.size();
}

}  // namespace bench
