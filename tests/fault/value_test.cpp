// Text that is no text is refused before a client library sees it, for each of them takes something
// else from it.
#include <cstddef>
#include <string_view>
#include <vector>

#include "servers.hpp"

namespace fault {
namespace {

class not_text : public with_each_server {
protected:
    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) with_each_server::SetUp();
    }
    engine open() const {
        if (!on_sqlite()) return over_socket();
        return koine::create_engine("sqlite:///" + (directory_.path() / "values.db").string(), patient());
    }
    static connection with_table(const engine& on) {
        on.begin([](connection& c) {
            c.execute(sql("drop table if exists papers"));
            c.execute(sql(unsafe_sql(std::string{"create table papers (id bigint primary key, words text, bytes "} +
                                     (on_sqlite() ? "blob" : words().bytes_type) + ")")));
        });
        return on.connect();
    }

private:
    temp_dir directory_{};
};

const std::vector<std::string>& broken_texts() {
    using namespace std::string_literals;
    static const std::vector<std::string> all{
        "\x80"s,  // a continuation byte alone
        "a\xbf"s,
        "\xc3"s,  // cut off after the first of two
        "\xc3("s,
        "\xe2\x82"s,          // after the second of three
        "\xf0\x9f\x98"s,      // after the third of four
        "\xc0\xaf"s,          // a slash in two bytes
        "\xe0\x80\xaf"s,      // in three
        "\xf0\x80\x80\xaf"s,  // in four
        "\xc1\x81"s,
        "\xed\xa0\x80"s,  // half of a pair of surrogates
        "\xed\xb0\x80"s,
        "\xf4\x90\x80\x80"s,  // beyond the last code point
        "\xf5\x80\x80\x80"s,
        "\xfe"s,
        "\xff\xff"s,
        "good until here \xe2\x28\xa1"s,
    };
    return all;
}

TEST_P(not_text, invalid_utf8_is_refused_before_it_is_sent) {
    const engine on = open();
    connection c = with_table(on);
    c.execute(sql("insert into papers (id, words) values (0, 'good')"));
    std::int64_t id = 0;
    for (const std::string& broken : broken_texts()) {
        ++id;
        const auto why = caught([&] {
            c.execute(sql("insert into papers (id, words) values (:id, :words)", {{"id", id}, {"words", broken}}));
        });
        ASSERT_TRUE(why.has_value()) << "text number " << id;
        EXPECT_EQ(why->code(), errc::invalid_encoding) << why->what();
        EXPECT_EQ(why->outcome(), outcome::not_sent);
        EXPECT_FALSE(why->poisons_transaction()) << why->what();
        EXPECT_FALSE(why->poisons_connection());
        EXPECT_EQ(std::string{why->what()}.find(broken), std::string::npos) << "the value is in the message";
    }
    c.commit();
    EXPECT_EQ(number(c, "select count(*) from papers"), 1) << "the transaction went on";
}

TEST_P(not_text, a_nul_inside_of_text_is_refused_before_it_is_sent) {
    using namespace std::string_literals;
    const engine on = open();
    connection c = with_table(on);
    for (const std::string& broken : {"ab\0cd"s, "\0"s, "ab\0"s, "\0ab"s}) {
        const auto why = caught([&] {
            c.execute(sql("insert into papers (id, words) values (1, :words)", {{"words", broken}}));
        });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), errc::invalid_encoding) << why->what();
        EXPECT_EQ(why->outcome(), outcome::not_sent);
        EXPECT_FALSE(why->poisons_transaction());
    }
    EXPECT_EQ(number(c, "select count(*) from papers"), 0);
    c.commit();
}

TEST_P(not_text, a_nul_inside_of_a_statement_is_refused_and_never_ends_it) {
    using namespace std::string_literals;
    const engine on = open();
    connection c = with_table(on);
    const auto why = caught([&] { c.execute(sql(unsafe_sql("insert into papers (id) values (1)\0, (2)"s))); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->outcome(), outcome::not_sent) << why->what();
    c.rollback();
    EXPECT_EQ(number(c, "select count(*) from papers"), 0);
}

TEST_P(not_text, all_valid_text_and_any_bytes_come_back_as_they_went) {
    const engine on = open();
    connection c = with_table(on);
    const std::string words =
        "plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80, \xf4\x8f\xbf\xbf, \xef\xbf\xbf, \x01\x7f";
    std::vector<std::byte> bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::byte>(i));
    for (const std::string& broken : broken_texts())
        for (const char one : broken) bytes.push_back(static_cast<std::byte>(one));
    c.execute(
        sql("insert into papers (id, words, bytes) values (1, :words, :bytes)", {{"words", words}, {"bytes", bytes}}));
    c.commit();
    EXPECT_EQ(c.execute(sql("select words from papers")).one<std::string>(), words);
    EXPECT_EQ(c.execute(sql("select bytes from papers")).one<std::vector<std::byte>>(), bytes);
    EXPECT_EQ(c.execute(sql("select id from papers where words = :words", {{"words", words}})).one<std::int64_t>(), 1);
}

INSTANTIATE_TEST_SUITE_P(on, not_text, ::testing::ValuesIn(with_sqlite()), name_of);

}  // namespace
}  // namespace fault
