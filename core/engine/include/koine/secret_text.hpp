// Text that must not be left behind in memory or in a log: passwords.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

namespace detail {
// Sets the bytes to zero in a way that the compiler may not leave out.
KOINE_API void wipe(char* data, std::size_t size) noexcept;
}  // namespace detail

// A text whose memory is set to zero before it is given back. Printing it shows `***`. A value
// type, made from any text without a word; reading it takes one: reveal().
class KOINE_API secret_text {
public:
    secret_text() noexcept = default;
    secret_text(std::string_view text);
    secret_text(const char* text);
    secret_text(const std::string& text);
    secret_text(const secret_text& other);
    secret_text(secret_text&& other) noexcept;
    secret_text& operator=(const secret_text& other);
    secret_text& operator=(secret_text&& other) noexcept;
    ~secret_text();

    // The text itself. Lives as long as this object is neither changed nor destroyed.
    std::string_view reveal() const noexcept { return {data_, size_}; }
    bool empty() const noexcept { return size_ == 0; }

    KOINE_API friend bool operator==(const secret_text& a, const secret_text& b) noexcept;

private:
    char* data_ = nullptr;  // owned
    std::size_t size_ = 0;
};

// Writes `***`, whatever the secret is.
KOINE_API std::ostream& operator<<(std::ostream& out, const secret_text& value);

}  // namespace v1
}  // namespace koine
