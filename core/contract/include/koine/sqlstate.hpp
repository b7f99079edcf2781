// SQLSTATE: the five-character code of ISO/IEC 9075 that classifies an error.
#pragma once

#include <string_view>

#include <koine/api.hpp>
#include <koine/errc.hpp>

namespace koine {
inline namespace v1 {

// A SQLSTATE, or none. A value type; thread-safe.
class sqlstate {
public:
    constexpr sqlstate() noexcept = default;
    // Takes five characters; any other length makes an empty state.
    constexpr explicit sqlstate(std::string_view text) noexcept {
        if (text.size() == 5)
            for (unsigned i = 0; i < 5; ++i) text_[i] = text[i];
    }

    constexpr bool empty() const noexcept { return text_[0] == '\0'; }
    constexpr std::string_view text() const noexcept {
        return empty() ? std::string_view{} : std::string_view{text_, 5};
    }
    // The first two characters: "23" is an integrity constraint violation.
    constexpr std::string_view state_class() const noexcept { return text().substr(0, 2); }

    friend constexpr bool operator==(const sqlstate& a, const sqlstate& b) noexcept { return a.text() == b.text(); }
    friend constexpr bool operator==(const sqlstate& a, std::string_view b) noexcept { return a.text() == b; }

private:
    char text_[6] = {};
};

// The reason that a SQLSTATE stands for; errc::unknown if the table has none. Covers ISO/IEC 9075
// classes, PostgreSQL's appendix A and the states that MariaDB documents. Thread-safe.
KOINE_API errc classify(sqlstate state) noexcept;

}  // namespace v1
}  // namespace koine
