// LIKE as Koine means it on every database.
#include "functions.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <random>
#include <string>

namespace sqlite3_test {
namespace {

class like_functions : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(sqlite3_open(":memory:", &database_), SQLITE_OK);
        ASSERT_EQ(koine::sqlite3_driver::add_functions(database_), SQLITE_OK);
    }
    void TearDown() override { sqlite3_close_v2(database_); }

    // "1", "0", "NULL" or the error.
    std::string ask(const char* function, const std::string& text, const std::string& pattern) {
        const std::string sql = std::string{"select "} + function + "(?1, ?2)";
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        sqlite3_bind_text(statement, 1, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
        sqlite3_bind_text(statement, 2, pattern.data(), static_cast<int>(pattern.size()), SQLITE_TRANSIENT);
        return answer(statement);
    }
    std::string ask(const std::string& expression) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(database_, ("select " + expression).c_str(), -1, &statement, nullptr), SQLITE_OK);
        return answer(statement);
    }
    std::string like(const std::string& text, const std::string& pattern) { return ask("koine_like", text, pattern); }
    std::string ilike(const std::string& text, const std::string& pattern) { return ask("koine_ilike", text, pattern); }

private:
    std::string answer(sqlite3_stmt* statement) {
        std::string out;
        if (sqlite3_step(statement) == SQLITE_ROW) {
            const auto* cell = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
            out = cell == nullptr ? "NULL" : cell;
        } else {
            out = sqlite3_errmsg(database_);
        }
        sqlite3_finalize(statement);
        return out;
    }

    sqlite3* database_ = nullptr;
};

TEST_F(like_functions, match_whole_texts) {
    EXPECT_EQ(like("admin", "admin"), "1");
    EXPECT_EQ(like("admin", "adm"), "0");
    EXPECT_EQ(like("adm", "admin"), "0");
    EXPECT_EQ(like("", ""), "1");
    EXPECT_EQ(like("", "%"), "1");
    EXPECT_EQ(like("", "_"), "0");
    EXPECT_EQ(like("x", ""), "0");
}

TEST_F(like_functions, know_the_wildcards) {
    EXPECT_EQ(like("admin", "ad%"), "1");
    EXPECT_EQ(like("admin", "%min"), "1");
    EXPECT_EQ(like("admin", "%d%i%"), "1");
    EXPECT_EQ(like("admin", "%i%d%"), "0");
    EXPECT_EQ(like("admin", "a____"), "1");
    EXPECT_EQ(like("admin", "a___"), "0");
    EXPECT_EQ(like("aab", "%ab"), "1");
    EXPECT_EQ(like("a\nb", "a_b"), "1");
    EXPECT_EQ(like("abcabcabd", "%abc%abd"), "1");
}

TEST_F(like_functions, know_the_escape) {
    EXPECT_EQ(like("50%", "50\\%"), "1");
    EXPECT_EQ(like("50x", "50\\%"), "0");
    EXPECT_EQ(like("a_b", "a\\_b"), "1");
    EXPECT_EQ(like("axb", "a\\_b"), "0");
    EXPECT_EQ(like("a\\b", "a\\\\b"), "1");
    EXPECT_EQ(like("ab", "a\\b"), "1");
    EXPECT_EQ(like("x%", "%\\%"), "1");
    EXPECT_EQ(like("a", "a\\"), "LIKE pattern ends in a lone backslash");
    EXPECT_EQ(like("a\\", "a\\\\\\"), "LIKE pattern ends in a lone backslash");
}

TEST_F(like_functions, differ_in_case_alone) {
    EXPECT_EQ(like("Admin", "admin"), "0");
    EXPECT_EQ(ilike("Admin", "aDMIN"), "1");
    EXPECT_EQ(ilike("[", "{"), "0");
    EXPECT_EQ(ilike("\xc3\x84", "\xc3\xa4"), "0");  // other letters are taken as they are
    EXPECT_EQ(ilike("A%", "\\a\\%"), "1");
}

TEST_F(like_functions, count_characters_not_bytes) {
    EXPECT_EQ(like("\xc3\xa4", "_"), "1");
    EXPECT_EQ(like("\xf0\x9f\x92\xa3!", "_!"), "1");
    EXPECT_EQ(like("\xc3\xa4\xc3\xb6", "%\xc3\xb6"), "1");
    EXPECT_EQ(like("\xc3\xa4", "__"), "0");
}

TEST_F(like_functions, answer_null_for_null) {
    EXPECT_EQ(ask("koine_like(NULL, 'a')"), "NULL");
    EXPECT_EQ(ask("koine_ilike('a', NULL)"), "NULL");
    EXPECT_EQ(ask("koine_like(12, '1_')"), "1");
}

TEST_F(like_functions, do_not_hang_on_patterns_made_to_backtrack) {
    std::string pattern;
    for (int i = 0; i < 100; ++i) pattern += "%a";
    EXPECT_EQ(like(std::string(20'000, 'a') + 'b', pattern), "0");
    EXPECT_EQ(like("a", std::string(60'000, '%')), "1");
    // A million times a hundred thousand comparisons would not end while anybody waits.
    const std::string pattern_of_a = '%' + std::string(100'000, 'a') + "b%";
    EXPECT_EQ(like(std::string(1'000'000, 'a'), pattern_of_a), "0");
    EXPECT_EQ(ilike(std::string(1'000'000, 'A'), pattern_of_a), "0");
    EXPECT_EQ(ilike(std::string(1'000'000, 'A') + 'B', pattern_of_a), "1");
}

// The long form against the short one: what is put in front is matched by itself.
TEST_F(like_functions, take_long_patterns_as_they_take_short_ones) {
    std::mt19937 random{2};
    const auto word = [&](const std::string& letters, std::size_t longest) {
        std::string out;
        for (auto left = random() % (longest + 1); left > 0; --left) out += letters[random() % letters.size()];
        return out;
    };
    const std::string front(300, 'x');
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = word("abA%_", 8);
        std::string pattern = word("abA%%__", 8);
        if (random() % 4 == 0) pattern += "\\%";
        if (random() % 4 == 0) pattern += "\\_a%";
        ASSERT_EQ(like(front + text, front + pattern), like(text, pattern)) << text << " / " << pattern;
        ASSERT_EQ(ilike(front + text, front + pattern), ilike(text, pattern)) << text << " / " << pattern;
        ASSERT_EQ(like(text, pattern + std::string(300, '%')), like(text, pattern + '%')) << text << " / " << pattern;
    }
}

// SQLite's own LIKE knows no case of ASCII letters: an independent answer for koine_ilike.
TEST_F(like_functions, agree_with_sqlite_about_random_patterns) {
    std::mt19937 random{1};
    const auto word = [&](const std::string& letters, std::size_t longest) {
        std::string out;
        for (auto left = random() % (longest + 1); left > 0; --left) out += letters[random() % letters.size()];
        return out;
    };
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = word("abAB%_", 8);
        std::string pattern = word("abA%%__", 8);
        if (random() % 4 == 0) pattern += "\\%";
        const std::string expected = ask("'" + text + "' like '" + pattern + "' escape '\\'");
        ASSERT_EQ(ilike(text, pattern), expected) << text << " / " << pattern;
    }
}

}  // namespace
}  // namespace sqlite3_test
