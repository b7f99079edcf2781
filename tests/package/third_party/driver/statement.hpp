// A prepared statement and its result.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <sqlcipher/sqlite3.h>

#include <koine/driver_spi.hpp>

namespace sqlcipher_plugin {

class connection;

class statement {
public:
    // Takes the handle over.
    statement(connection& owner, sqlite3_stmt* handle, std::string_view sql);
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    std::uint32_t flags() const noexcept;
    std::uint32_t parameter_count() const noexcept {
        return static_cast<std::uint32_t>(sqlite3_bind_parameter_count(handle_));
    }
    std::uint32_t column_count() const noexcept { return columns_; }
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return -1; }
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error) noexcept;

    // Ends the result, with the locks it holds.
    void end() noexcept;

private:
    // Whether it changes rows and counts them; SQLite remembers the number of an earlier statement
    // for all others.
    static bool counts_rows(std::string_view sql);

    int bind(int index, const koine_value& value) noexcept;
    void read_row(koine_value* cells) const;
    koine_status step(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);

    connection& owner_;
    sqlite3_stmt* handle_;
    bool counts_;
    std::uint32_t columns_;
    std::uint64_t number_ = 0;
    std::int64_t affected_ = -1;
    bool open_ = false;
};

}  // namespace sqlcipher_plugin
