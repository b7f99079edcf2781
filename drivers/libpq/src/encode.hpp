// From tagged values to the parameters of one execution, as libpq wants them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <koine/driver_abi.h>

namespace koine::libpq {

// Most bytes of one value: the server's own limit of a message, less room for its other fields.
inline constexpr std::uint32_t max_value_bytes = 1'073'741'824u - 65'536u;
// The protocol counts parameters in 16 bits, but libpq takes the server's description of more than
// 7498 of them (30000 bytes) for a broken line and gives the connection up.
inline constexpr std::size_t max_parameters = 7'498;

// Parameters in the server's formats. Reused from execution to execution; grows, never shrinks.
class parameters {
public:
    // Encodes for parameters of the types that the server inferred; there are as many as values.
    // With `keep` the bytes of texts are copied; else they are borrowed from `values`. Throws
    // spi::failure, outcome not_sent.
    void encode(std::span<const koine_value> values, std::span<const std::uint32_t> types, bool keep) {
        if (keep || !encode_plain(values, types)) encode_any(values, types, keep);
    }

    int count() const noexcept { return static_cast<int>(count_); }
    const char* const* values() const noexcept { return texts_.data(); }
    const int* lengths() const noexcept { return lengths_.data(); }
    const int* formats() const noexcept { return formats_.data(); }

private:
    struct place;
    void resize(std::size_t count);
    // What most statements have and what needs no room that depends on the values: integers and
    // borrowed texts. False, with nothing of use done, for others.
    bool encode_plain(std::span<const koine_value> values, std::span<const std::uint32_t> types);
    void encode_any(std::span<const koine_value> values, std::span<const std::uint32_t> types, bool keep);
    void put(std::size_t at, const place& from) noexcept;
    void encode_one(const koine_value& value, std::uint32_t type, bool keep, place& out);

    std::size_t count_ = 0;  // of each of the three
    std::vector<const char*> texts_{};
    std::vector<int> lengths_{};
    std::vector<int> formats_{};
    std::vector<char> memory_{};
};

}  // namespace koine::libpq
