// Any text as SQL by hand: the lexers of all servers part it into tokens without losing a byte, and
// what a dialect writes of it has the placeholders that were asked for and no others.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <koine/dialects/mysql.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>
#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>
#include <koine/sql/text.hpp>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// The placeholders of a text; its tokens come in order and do not overlap.
std::size_t marks_in(std::string_view text, const koine::spi::sql_rules& rules) {
    koine::spi::any_sql_lexer in{text, rules};
    std::size_t end = 0;
    std::size_t marks = 0;
    for (auto token = in.next_or_comment(); token.kind != koine::spi::sql_token_kind::end;
         token = in.next_or_comment()) {
        require(token.at >= end && !token.text.empty());
        require(text.substr(token.at, token.text.size()) == token.text);
        end = token.at + token.text.size();
        if (token.kind == koine::spi::sql_token_kind::placeholder) ++marks;
    }
    require(end <= text.size());
    return marks;
}

void check(const koine::text_statement& statement, const koine::dialect& dialect, bool numbers) {
    try {
        const std::string out = statement.render(dialect);
        const std::size_t marks = marks_in(out, dialect.texts().tokens);
        const std::size_t values = statement.value_count(dialect);
        require(numbers ? marks >= values : marks == values);
        require((marks == 0) == (values == 0));
    } catch (const koine::usage_error& why) {
        require(why.outcome() == koine::outcome::not_sent);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const koine::dialects::sqlite on_sqlite;
    static const koine::dialects::postgresql on_postgresql;
    static const koine::dialects::mysql on_mysql;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto* rules : {&koine::spi::sqlite_rules, &koine::spi::postgresql_rules, &koine::spi::mariadb_rules})
        marks_in(text, *rules);
    try {
        const auto statement = koine::sql(koine::unsafe_sql(std::string{text}), {{"x", 1}});
        check(statement, on_sqlite, true);
        check(statement, on_postgresql, true);
        check(statement, on_mysql, false);
        check(statement + statement, on_sqlite, true);
    } catch (const koine::usage_error& why) {
        require(why.outcome() == koine::outcome::not_sent);
    }
    return 0;
}
