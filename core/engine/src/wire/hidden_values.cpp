#include "wire/hidden_values.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <koine/spi/sql_token.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Shorter values are hidden within quotes alone: elsewhere they are too often a part of the words.
constexpr std::size_t least_bare = 3;

std::string lowered(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), spi::sql_lower);
    return out;
}

bool is_quote(char c) noexcept {
    return c == '"' || c == '\'' || c == '`';
}

// Servers write names in lower case that were given in another one.
std::vector<std::string> texts_of(std::span<const koine_value> binds, std::string_view statement) {
    std::vector<std::string> out;
    for (const koine_value& value : binds) {
        std::string text;
        if (value.tag == KOINE_INT64)
            text = std::to_string(value.u.i);
        else if (has_content(value.tag) && value.tag != KOINE_UUID && value.len != 0)
            text = lowered({static_cast<const char*>(value.u.p), value.len});
        if (!text.empty() && statement.find(text) == statement.npos) out.push_back(std::move(text));
    }
    return out;
}

class hider {
public:
    hider(const error_info& info, std::span<const koine_value> binds)
        : info_{info}, statement_{lowered(info.statement)}, values_{texts_of(binds, statement_)} {}

    // Whether the text holds a value; then it holds it no more.
    bool take_from(std::string& text) const {
        std::string out;
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t close = is_quote(text[at]) ? text.find(text[at], at + 1) : text.npos;
            if (close != text.npos && hides(text.substr(at + 1, close - at - 1))) {
                out.append(1, text[at]).append("...").append(1, text[at]);
                at = close + 1;
            } else if (const std::size_t size = bare(text, at); size != 0) {
                out += "...";
                at += size;
            } else {
                out += text[at++];
            }
        }
        if (out == text) return false;
        text = std::move(out);
        return true;
    }

private:
    // Within quotes stands all of a value, or what the server has taken of it.
    bool hides(std::string_view quoted) const {
        const std::string inside = lowered(quoted);
        if (inside.empty() || statement_.find(inside) != statement_.npos) return false;
        for (const std::string* name : {&info_.constraint, &info_.table, &info_.column})
            if (quoted == *name) return false;
        return std::any_of(values_.begin(), values_.end(), [&](const std::string& value) {
            return value.find(inside) != value.npos ||
                   (value.size() >= least_bare && inside.find(value) != inside.npos);
        });
    }
    // How much of the text at this place is a value; 0: none is.
    std::size_t bare(std::string_view text, std::size_t at) const {
        if (at != 0 && spi::is_sql_word_byte(text[at - 1])) return 0;
        for (const std::string& value : values_) {
            if (value.size() < least_bare || lowered(text.substr(at, value.size())) != value) continue;
            const std::size_t end = at + value.size();
            if (end == text.size() || !spi::is_sql_word_byte(text[end])) return value.size();
        }
        return 0;
    }

    const error_info& info_;
    std::string statement_;
    std::vector<std::string> values_;
};

}  // namespace

void hide_values(error_info& info, std::span<const koine_value> binds) {
    if (binds.empty()) return;
    const hider values{info, binds};
    const std::string said = info.message;
    if (values.take_from(info.message)) info.detail = info.detail.empty() ? said : said + "; " + info.detail;
    values.take_from(info.hint);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
