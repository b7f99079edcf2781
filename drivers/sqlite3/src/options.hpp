// What a URL says about a SQLite connection.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

// In the order of the option's words.
enum class open_mode : std::uint8_t { read_only, read_write, read_write_create, memory };

// Checked settings of one connection. A value type.
struct options {
    std::string file{};  // ":memory:" for a private database in memory
    open_mode mode = open_mode::read_write_create;
    bool uri = false;
    bool shared_cache = false;
    bool foreign_keys = true;
    bool trusted_schema = false;
    bool private_file = false;
    bool immutable = false;
    std::string journal_mode{"wal"};
    bool journal_mode_asked = false;
    // Full: a commit that was answered survives a loss of power, also with write-ahead logging.
    std::string synchronous{"full"};
    std::int64_t busy_timeout_ms = 5000;
    int attach_limit = 0;

    bool in_memory() const noexcept {
        return mode == open_mode::memory || file == ":memory:" || (uri && file.starts_with("file::memory:"));
    }
    // The database lives and dies with one connection: in memory, and not in a cache that others
    // can name.
    bool private_database() const noexcept { return in_memory() && !(shared_cache && uri); }
};

// The keys that `parse_options` understands, for the driver's table. Static storage.
std::span<const koine_option> known_options() noexcept;

// Throws spi::failure with errc::invalid_url or errc::unknown_name for a parameter that is wrong.
options parse_options(std::span<const koine_parameter> parameters);

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
