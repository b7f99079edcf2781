// Rows of the binary protocol to the contract's values.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <mysql.h>

#include <koine/driver_abi.h>
#include <koine/spi_arena.hpp>

namespace koine::libmariadb {

// How a column's values are read.
enum class decoder : std::uint8_t {
    null,
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    float32,
    float64,
    date,
    time,
    timestamp,
    bits,
    text,
    blob,
    decimal,
    json  // with a length in front
};

// A column of a result.
struct output_column {
    enum_field_types type;
    unsigned int flags;
    unsigned int charset;
    decoder how;
    const char* type_name;
    std::string name;  // the library forgets it with the result
};

output_column column_of(const MYSQL_FIELD& field);
std::int32_t tag_of(decoder how) noexcept;

// Reads one row of the binary protocol into cells[0 .. columns.size()). Texts and blobs are
// borrowed from the row, or stand in `memory` where they have to be made: dates that are none,
// numbers beyond 64 bits. False if the row is not what the protocol says.
bool decode_row(const unsigned char* row, const unsigned char* end, std::span<const output_column> columns,
                koine_value* cells, spi::arena& memory);

// Reads one value of the text protocol, which is borrowed; null for NULL.
koine_value decode_text(const output_column& column, const char* text, unsigned long size, spi::arena& memory);

}  // namespace koine::libmariadb
