// What a driver written in C++ derives its C table from. A driver is one struct with nested types:
//
//     struct my_driver {
//         static constexpr std::string_view name = "my";
//         static std::string_view client_version() noexcept;
//         static const koine_capabilities capabilities;
//         static std::span<const koine_option> options() noexcept;
//         class statement;
//         class connection;      // see below
//     };
//     koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error)
//     { return koine::spi::fill_table<my_driver>(abi, out, error); }
//
// A driver that is linked into its program has an init function of another name, which the program
// gives to registry::add_driver.
//
// `connection` and `statement` have the member functions that the trampolines of spi_table.hpp
// call; drivers/template shows each of them. Member functions that can fail return spi::status and
// may throw: nothing crosses the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/errc.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

constexpr koine_string to_c(std::string_view text) noexcept {
    return koine_string{text.data(), text.size()};
}
constexpr std::string_view to_view(koine_string text) noexcept {
    return text.size != 0 ? std::string_view{text.data, text.size} : std::string_view{};
}
// Of a text of a C library, which may be null.
constexpr std::string_view to_view(const char* text) noexcept {
    return text != nullptr ? std::string_view{text} : std::string_view{};
}

// An error on the driver's side of the border. Strings are copied into the koine_error when it
// crosses.
struct failure {
    errc code = errc::unknown;
    koine::outcome outcome = koine::outcome::rejected;
    bool poisons_transaction = false;
    bool poisons_connection = false;
    std::string_view sqlstate{};  // five characters or none; must outlive the throw or the fill
    std::int32_t native_code = 0;
    std::uint32_t position = 0;
    std::uint32_t queued_index = 0;
    std::string message{};
    std::string detail{};
    std::string hint{};
    std::string constraint{};
    std::string table{};
    std::string column{};
};

// A failure that was found on this side of the wire: the server has seen nothing.
KOINE_COLD inline failure local_failure(errc code, std::string message) {
    failure why;
    why.code = code;
    why.outcome = koine::outcome::not_sent;
    why.message = std::move(message);
    return why;
}

// Most bytes of one text of an error that cross the border; the rest is cut at a character.
inline constexpr std::size_t max_error_text = 8192;

namespace detail {

inline std::size_t bounded(const std::string& text) noexcept {
    if (text.size() <= max_error_text) return text.size();
    std::size_t n = max_error_text;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) --n;
    return n;
}

inline void release_error(koine_error* error) noexcept {
    delete[] static_cast<char*>(error->memory);
    error->memory = nullptr;
    error->release = nullptr;
}

}  // namespace detail

// Fills the C error from a failure and answers KOINE_ERROR. Falls back to a text-less error when
// memory is short.
inline koine_status fill(koine_error* out, const failure& why) noexcept {
    out->code = static_cast<std::int32_t>(why.code);
    out->native_code = why.native_code;
    out->outcome = static_cast<std::uint8_t>(why.outcome);
    out->poisons = static_cast<std::uint8_t>((why.poisons_transaction ? KOINE_POISONS_TRANSACTION : 0) |
                                             (why.poisons_connection ? KOINE_POISONS_CONNECTION : 0));
    out->position = why.position;
    out->queued_index = why.queued_index;
    if (why.sqlstate.size() == 5) {
        std::memcpy(out->sqlstate, why.sqlstate.data(), 5);
        out->sqlstate[5] = '\0';
    }
    const std::string* const texts[] = {&why.message, &why.detail, &why.hint, &why.constraint, &why.table, &why.column};
    koine_string* const targets[] = {&out->message,    &out->detail, &out->hint,
                                     &out->constraint, &out->table,  &out->column};
    std::size_t total = 0;
    for (const auto* text : texts) total += detail::bounded(*text);
    char* memory = new (std::nothrow) char[total + 1];
    if (memory == nullptr) return KOINE_ERROR;
    out->memory = memory;
    out->release = &detail::release_error;
    for (std::size_t i = 0; i < 6; ++i) {
        const auto size = detail::bounded(*texts[i]);
        if (size != 0) std::memcpy(memory, texts[i]->data(), size);
        *targets[i] = koine_string{memory, size};
        memory += size;
    }
    return KOINE_ERROR;
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
