// The place in the caller's source where a call was made (clang 14 has no std::source_location).
#pragma once

#include <cstdint>

namespace koine {
inline namespace v1 {

// A source position. Pointers refer to string literals and live as long as the program.
struct here {
    const char* file = "";
    std::uint32_t line = 0;
    const char* function = "";

    // As a default argument, names the caller's position.
    static constexpr here now(const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE(),
                              const char* function = __builtin_FUNCTION()) noexcept {
        return here{file, line, function};
    }
};

}  // namespace v1
}  // namespace koine
