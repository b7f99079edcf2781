// Numbers of PostgreSQL's built-in types, as pg_type.dat fixes them.
#pragma once

#include <cstdint>
#include <string_view>

namespace koine::libpq::oid {

inline constexpr std::uint32_t boolean = 16;
inline constexpr std::uint32_t bytea = 17;
inline constexpr std::uint32_t name = 19;
inline constexpr std::uint32_t int8 = 20;
inline constexpr std::uint32_t int2 = 21;
inline constexpr std::uint32_t int4 = 23;
inline constexpr std::uint32_t text = 25;
inline constexpr std::uint32_t oid = 26;
inline constexpr std::uint32_t json = 114;
inline constexpr std::uint32_t float4 = 700;
inline constexpr std::uint32_t float8 = 701;
inline constexpr std::uint32_t unknown = 705;
inline constexpr std::uint32_t bpchar = 1042;
inline constexpr std::uint32_t varchar = 1043;
inline constexpr std::uint32_t date = 1082;
inline constexpr std::uint32_t time = 1083;
inline constexpr std::uint32_t timestamp = 1114;
inline constexpr std::uint32_t timestamptz = 1184;
inline constexpr std::uint32_t timetz = 1266;
inline constexpr std::uint32_t numeric = 1700;
inline constexpr std::uint32_t uuid = 2950;
inline constexpr std::uint32_t jsonb = 3802;

// The first number that the server gives to types made by users.
inline constexpr std::uint32_t first_user_type = 16384;

// The server's word for a built-in type; empty for others.
constexpr std::string_view type_name(std::uint32_t type) noexcept {
    switch (type) {
        case boolean:
            return "boolean";
        case bytea:
            return "bytea";
        case name:
            return "name";
        case int8:
            return "bigint";
        case int2:
            return "smallint";
        case int4:
            return "integer";
        case text:
            return "text";
        case oid:
            return "oid";
        case json:
            return "json";
        case float4:
            return "real";
        case float8:
            return "double precision";
        case bpchar:
            return "character";
        case varchar:
            return "character varying";
        case date:
            return "date";
        case time:
            return "time without time zone";
        case timestamp:
            return "timestamp without time zone";
        case timestamptz:
            return "timestamp with time zone";
        case timetz:
            return "time with time zone";
        case numeric:
            return "numeric";
        case uuid:
            return "uuid";
        case jsonb:
            return "jsonb";
        default:
            return {};
    }
}

}  // namespace koine::libpq::oid
