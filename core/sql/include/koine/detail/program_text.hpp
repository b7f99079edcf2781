// Text that a program's source contains, or that somebody has said to be as good.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace koine {
inline namespace v1 {
namespace detail {

// A literal, which is not copied, or a string of its own. A value type that compilers can make of a
// literal. A moved-from one is empty.
class program_text {
public:
    constexpr explicit program_text(std::string_view literal) noexcept : text_{literal} {}
    explicit program_text(std::string made) : made_{new std::string(std::move(made))}, text_{*made_} {}
    constexpr program_text(const program_text& other)
        : made_{other.made_ == nullptr ? nullptr : new std::string(*other.made_)},
          text_{made_ == nullptr ? other.text_ : std::string_view{*made_}} {}
    constexpr program_text(program_text&& other) noexcept
        : made_{std::exchange(other.made_, nullptr)}, text_{std::exchange(other.text_, std::string_view{})} {}
    constexpr program_text& operator=(program_text other) noexcept {
        std::swap(made_, other.made_);
        std::swap(text_, other.text_);
        return *this;
    }
    constexpr ~program_text() { delete made_; }

    constexpr std::string_view view() const noexcept { return text_; }

private:
    const std::string* made_ = nullptr;  // owned
    std::string_view text_;
};

// Whether a literal is UTF-8 without NUL, as is_text() says it at run time.
consteval bool is_literal_text(std::string_view text) {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = byte(i);
        const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4) return false;
        for (std::size_t k = 1; k < size; ++k)
            if ((byte(i + k) & 0xc0U) != 0x80) return false;
        const unsigned second = byte(i + 1);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
            (first == 0xf4 && second > 0x8f))
            return false;
        i += size;
    }
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
