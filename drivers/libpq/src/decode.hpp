// From the server's wire formats to tagged values, one column of a block at a time.
#pragma once

#include <cstdint>
#include <span>

#include <koine/driver_abi.h>
#include <koine/spi_arena.hpp>

#include "result.hpp"

namespace koine::libpq {

// How the values of one column are read.
enum class decoder : std::uint8_t {
    // Binary format.
    boolean,
    int2,
    int4,
    int8,
    oid,
    float4,
    float8,
    text,  // also the text format's
    blob,
    uuid,
    date,
    time,
    timestamp,
    instant,
    json,  // also the text format's
    jsonb,
    numeric,
    // Text format.
    text_boolean,
    text_integer,
    text_float,
    text_blob,
    text_uuid,
    text_date,
    text_time,
    text_timestamp,
    text_instant,
    text_numeric,
    text_opaque
};

// Whether the binary format of the type is understood.
bool has_binary_decoder(std::uint32_t type) noexcept;
// The decoder of a type in binary format (has_binary_decoder must say so) or in text format (any
// type).
decoder decoder_for(std::uint32_t type, bool binary) noexcept;
// The tag that the decoder's values carry.
std::int32_t tag_of(decoder how) noexcept;

// A column's place in a result and in the block of cells.
struct column_block {
    const PGresult* result;
    int column;
    int first_row;
    std::uint32_t rows;
    koine_value* cells;    // of the first row
    std::uint32_t stride;  // cells from one row to the next
};

// How a column of a result arrives.
struct column_format {
    std::uint32_t type;  // the server's number of it
    decoder how;
};

// Reads the rows of a column. Texts point into the result or into `memory`. Throws spi::failure for
// bytes that no server sends for the type.
void decode(decoder how, const column_block& block, spi::arena& memory);
// Reads one row, which is not worth a loop for each column. As above.
void decode_row(std::span<const column_format> columns, const PGresult* result, int row, koine_value* cells,
                spi::arena& memory);

}  // namespace koine::libpq
