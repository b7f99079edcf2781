#include <koine/detail/suggest.hpp>

#include <algorithm>
#include <vector>

#include <koine/detail/escape.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t longest_word = 64;
constexpr std::size_t shortest_stem = 3;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Insertions, deletions, changes and swaps of neighbours that turn a into b.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t differs = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + differs});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = std::min(now[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(now);
    }
    return last[b.size()];
}

bool begins(std::string_view word, std::string_view stem) {
    return stem.size() >= shortest_stem && stem.size() <= word.size() &&
           std::equal(stem.begin(), stem.end(), word.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    if (word.empty() || word.size() > longest_word) return {};
    std::string_view nearest;
    auto least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto name : known) {
        if (name.size() > longest_word) continue;
        auto steps = distance(word, name);
        // "postgre" is farther from "postgresql" than from a short name that has nothing to do with
        // it.
        if (begins(name, word) || begins(word, name)) steps = std::min<std::size_t>(steps, 1);
        if (steps < least) {
            least = steps;
            nearest = name;
        }
    }
    if (nearest.empty()) return {};
    std::string out = "did you mean `";
    out += nearest;
    out += "`?";
    return out;
}

std::string unknown_name(std::string_view kind, std::string_view word, std::string_view owner,
                         std::span<const std::string_view> known) {
    std::string out = "unknown ";
    out += kind;
    out += " `";
    append_escaped(out, word, longest_word);
    out += '`';
    if (!owner.empty()) {
        out += " of ";
        out += owner;
    }
    out += "; known: ";
    if (known.empty()) out += "none";
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (i != 0) out += ", ";
        out += known[i];
    }
    if (const auto nearest = suggestion(word, known); !nearest.empty()) {
        out += "; ";
        out += nearest;
    }
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
