// From tagged values to the parameters of one execution, as the library wants them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <mysql.h>

#include <koine/driver_abi.h>

namespace koine::libmariadb {

// Most bytes of one value: the server's own limit of a packet, less room for the rest of the
// statement.
inline constexpr std::uint64_t max_value_bytes = 1'073'741'824u - 65'536u;
// The protocol counts parameters in 16 bits.
inline constexpr std::uint32_t max_parameters = 65'535;

// Parameters of one statement, reused from execution to execution. Texts are borrowed from the
// values.
class parameters {
public:
    // Makes room for a statement's parameters. Their addresses stay until the next call.
    void resize(std::size_t count);
    // Takes the values; as many as there is room for. Throws spi::failure, outcome not_sent: some
    // are taken then, and some are not.
    void encode(std::span<const koine_value> values);

    std::size_t count() const noexcept { return binds_.size(); }
    std::span<MYSQL_BIND> binds() noexcept { return binds_; }
    // Bytes of the values on their way, at most.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    struct slot {
        union {
            std::int64_t integer;
            double real;
        } number{};
        MYSQL_TIME time{};
        char uuid[36] = {};
        unsigned long length = 0;
        my_bool null = 1;
    };

    void encode_one(const koine_value& value, MYSQL_BIND& bind, slot& memory);

    std::vector<MYSQL_BIND> binds_{};
    std::vector<slot> slots_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace koine::libmariadb
