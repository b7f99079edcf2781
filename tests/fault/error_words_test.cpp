// What errors say on each database: the right code, the program's own names, and no value that was
// bound.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>

#include "servers.hpp"

namespace fault {
namespace {

using koine::col;

struct shelf {
    std::int64_t id{};
    std::string name{};
    static constexpr auto koine_table() {
        return koine::table("shelves", col<&shelf::id>(koine::primary_key), col<&shelf::name>);
    }
};
struct shelved {
    std::int64_t id{};
    std::int64_t shelf_id{};
    static constexpr auto koine_table() {
        return koine::table("shelved", col<&shelved::id>(koine::primary_key),
                            col<&shelved::shelf_id>(koine::foreign_key<&shelf::id>));
    }
};

class error_words : public with_each_server {
protected:
    static std::string_view name() { return GetParam(); }
    void SetUp() override {
        if (name() != "sqlite3") with_each_server::SetUp();
        on_ = open({});
    }
    engine open(engine_options options) const {
        if (name() != "sqlite3") return over_socket(std::move(options));
        return koine::create_engine("sqlite:///" + (directory_.path() / "words.db").string(), std::move(options));
    }
    void TearDown() override {
        if (!on_) return;
        koine::map<shelf, shelved>().drop_all(on_);
        on_ = {};
    }
    void create() const {
        koine::map<shelf, shelved>().drop_all(on_);
        koine::map<shelf, shelved>().create_all(on_);
    }

    engine on_{};

private:
    temp_dir directory_{};
};

TEST_P(error_words, name_the_table_of_a_statement_of_koine) {
    create();
    koine::session session{on_};
    session.add(shelved{.shelf_id = 77});
    const auto why = caught<koine::constraint_error>([&] { session.flush(); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::foreign_key_violation) << why->what();
    EXPECT_EQ(why->info().table, "shelved") << why->what();
    session.rollback();
}

TEST_P(error_words, call_a_restricted_delete_a_foreign_key_violation) {
    create();
    connection c = on_.connect();
    c.execute(
        sql("create table kept (id integer primary key, shelf_id bigint not null, constraint kept_shelf foreign key "
            "(shelf_id) references shelves (id) on delete restrict)"));
    c.execute(sql("insert into shelves (id, name) values (1, 'a')"));
    c.execute(sql("insert into kept (id, shelf_id) values (1, 1)"));
    c.commit();
    const auto why = caught<koine::constraint_error>([&] { c.execute(sql("delete from shelves where id = 1")); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::foreign_key_violation) << why->what();
    EXPECT_EQ(why->sqlstate().text(), "23503");
    c.rollback();
    if (name() == "sqlite3") {
        EXPECT_EQ(why->native_code(), 1811);
        c.execute(sql("create trigger own before delete on kept begin select raise(abort, 'not this one'); end"));
        const auto raised = caught([&] { c.execute(sql("delete from kept")); });
        ASSERT_TRUE(raised.has_value());
        EXPECT_EQ(raised->native_code(), 1811);
        EXPECT_EQ(raised->code(), errc::constraint_violation) << raised->what();
        c.rollback();
    }
    c.execute(sql("drop table kept"));
    c.commit();
}

TEST_P(error_words, name_the_column_or_the_parameter_of_a_value_that_cannot_be_stored) {
    create();
    koine::session session{on_};
    session.add(shelf{.name = "\xff"});
    const auto stored = caught([&] { session.flush(); });
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(stored->code(), errc::invalid_encoding);
    EXPECT_EQ(stored->info().table, "shelves");
    EXPECT_EQ(stored->info().column, "name") << stored->what();
    session.close();
    const auto compared = caught([&] { static_cast<void>(col<&shelf::name> == "\xff"); });
    ASSERT_TRUE(compared.has_value());
    EXPECT_EQ(compared->info().column, "name") << compared->what();
    const auto bound = caught([&] { sql("select :word", {{"word", "\xff"}}); });
    ASSERT_TRUE(bound.has_value());
    EXPECT_NE(std::string_view{bound->what()}.find(":word"), std::string_view::npos) << bound->what();
}

TEST_P(error_words, tell_a_stored_value_that_does_not_fit_from_an_input_that_does_not) {
    connection c = on_.connect();
    EXPECT_EQ(code_of([&] { c.execute(sql("select 3000000000")).one<std::int32_t>(); }), errc::unreadable_value);
    c.rollback();
    EXPECT_EQ(code_of([&] { c.execute(sql("select 'x'")).one<std::int64_t>(); }), errc::unreadable_value);
    c.rollback();
    EXPECT_EQ(code_of([&] { c.execute(sql("select null")).one<std::string>(); }), errc::unexpected_null);
    c.rollback();
    EXPECT_EQ(code_of([&] { static_cast<void>(col<&shelf::id> == 9223372036854775808U); }), errc::out_of_range);
}

TEST_P(error_words, say_that_a_connection_is_closed) {
    connection c = on_.connect();
    koine::transaction work = c.begin();
    c.close();
    EXPECT_EQ(code_of([&] { c.execute(sql("select 1")); }), errc::closed);
    EXPECT_EQ(code_of([&] { c.ping(); }), errc::closed);
    EXPECT_EQ(code_of([&] { c.commit(); }), errc::closed);
    EXPECT_EQ(code_of([&] { work.commit(); }), errc::closed);
    EXPECT_TRUE(caught<koine::usage_error>([&] { c.begin(); }).has_value());
}

TEST_P(error_words, hold_no_value_that_was_bound) {
    connection c = on_.connect();
    const std::string secret = "Secret_word_8171";
    std::vector<koine::text_statement> texts;
    if (name() == "libpq") {
        texts.push_back(sql("select cast(cast(:x as text) as regclass)", {{"x", secret}}));
        texts.push_back(sql("select cast(:x as regclass)", {{"x", secret + "." + secret}}));
        texts.push_back(sql("select cast(cast(:x as text) as integer)", {{"x", secret}}));
        texts.push_back(
            sql("select jsonb_path_query('{}', cast(cast(:x as text) as jsonpath))", {{"x", "$[" + secret}}));
        texts.push_back(sql("select cast(cast(:x as text) as regprocedure)", {{"x", secret}}));
    } else if (name() == "sqlite3") {
        texts.push_back(sql("select json_extract('{}', :x)", {{"x", secret}}));
        texts.push_back(sql("select json_extract('{}', :x)", {{"x", "$[" + secret}}));
        texts.push_back(sql("select load_extension(:x)", {{"x", secret}}));
    } else {
        texts.push_back(sql("select cast(:x as integer) from dual where extractvalue('<a/>', :x) = 1",
                            {{"x", "/" + secret + "["}}));
        texts.push_back(sql("set session sql_mode = :x", {{"x", secret}}));
        texts.push_back(sql("set session time_zone = :x", {{"x", secret}}));
    }
    for (const koine::text_statement& text : texts) {
        const auto why = caught([&] { c.execute(text); });
        ASSERT_TRUE(why.has_value()) << text.text();
        std::string said = why->what();
        // Whoever goes on is told again why the transaction failed.
        if (const auto again = caught([&] { c.execute(sql("select 1")); })) said += again->what();
        for (char& each : said) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
        EXPECT_EQ(said.find("secret"), std::string::npos) << said;
        EXPECT_EQ(said.find("8171"), std::string::npos) << said;
        c.rollback();
    }
}

TEST_P(error_words, say_that_a_deadline_passed_and_that_a_stream_is_open) {
    connection c = on_.connect();
    if (name() != "sqlite3") {
        const auto late = caught<koine::timeout_error>(
            [&] { c.execute(sql(unsafe_sql(words().sleep)), {.deadline = deadline::in(20ms)}); });
        ASSERT_TRUE(late.has_value());
        EXPECT_EQ(late->code(), errc::timeout);
        EXPECT_EQ(std::string_view{late->what()}.substr(0, 20), "the deadline passed:") << late->what();
        c.rollback();
        koine::rows open = stream(c);
        const auto busy = caught<koine::usage_error>([&] { c.commit(); });
        ASSERT_TRUE(busy.has_value());
        EXPECT_EQ(busy->code(), errc::operation_in_progress);
        EXPECT_NE(std::string_view{busy->what()}.find("streamed"), std::string_view::npos) << busy->what();
    }
}

TEST_P(error_words, say_where_a_connection_is_wanted_and_how_long_the_others_are_held) {
    engine_options options = pool_of(1);
    options.pool.timeout = std::chrono::milliseconds{150};
    const engine small = open(options);
    koine::session holder{small};
    holder.execute(sql("select 1"));
    const auto line = std::to_string(__LINE__ + 1);
    const auto why = caught<koine::timeout_error>([&] { koine::session{small}.execute(sql("select 1")); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::pool_timeout);
    const std::string what = why->what();
    EXPECT_NE(what.find("wanted at "), std::string::npos) << what;
    EXPECT_NE(what.find("error_words_test.cpp:" + line), std::string::npos) << what;
    EXPECT_NE(what.find("acquired at "), std::string::npos) << what;
    EXPECT_NE(what.find("oldest lease: for at least 0.1"), std::string::npos) << what;
    EXPECT_EQ(what.find("session_transaction"), std::string::npos) << what;
}

INSTANTIATE_TEST_SUITE_P(on, error_words, ::testing::ValuesIn(with_sqlite()), name_of);

// Of MariaDB and MySQL alone.
class mariadb_words : public with_each_server {};

TEST_P(mariadb_words, further_results_of_a_procedure_are_refused_and_not_dropped) {
    const engine on = over_socket();
    connection c = on.connect();
    c.execute(sql("drop procedure if exists two_results"));
    c.execute(sql("drop procedure if exists one_result"));
    c.execute(sql("drop table if exists called"));
    c.execute(sql("create table called (id bigint)"));
    c.execute(
        sql("create procedure two_results() begin insert into called values (1); select 1 as a; select 2 as b, 3 as c; "
            "end"));
    c.execute(sql("create procedure one_result() begin insert into called values (2); select 4 as a; end"));
    c.commit();
    for (const bool streamed : {false, true}) {
        SCOPED_TRACE(streamed);
        const auto why = caught([&] {
            auto rows = c.execute(sql("call two_results()"), {.stream = streamed});
            while (rows.next()) {
            }
        });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), errc::not_supported) << why->what();
        EXPECT_EQ(why->outcome(), outcome::unknown);
        EXPECT_FALSE(why->poisons_connection());
        c.rollback();
        EXPECT_EQ(c.execute(sql("call one_result()"), {.stream = streamed}).into<std::int64_t>(),
                  std::vector<std::int64_t>{4});
        c.rollback();
    }
    EXPECT_EQ(number(c, "select count(*) from called"), 0);
    c.execute(sql("drop table called"));
}

TEST_P(mariadb_words, the_least_used_statements_are_given_up_where_the_server_keeps_no_more) {
    const std::string before = server().admin("select @@global.max_prepared_stmt_count");
    const engine on = over_socket();
    connection c = on.connect();
    number(c, "select 1");
    server().admin("set global max_prepared_stmt_count = 12");
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 40; ++i)
            EXPECT_EQ(c.execute(sql(unsafe_sql("select :v + " + std::to_string(i)), {{"v", 1}})).one<std::int64_t>(),
                      i + 1);
    // A result that is read keeps its statement.
    auto open = c.execute(sql("select :v union all select 2", {{"v", 1}}));
    EXPECT_TRUE(open.next());
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(c.execute(sql(unsafe_sql("select :v - " + std::to_string(i)), {{"v", 1}})).one<std::int64_t>(),
                  1 - i);
    EXPECT_TRUE(open.next());
    EXPECT_EQ(open.current()[0].as<std::int64_t>(), 2);
    server().admin("set global max_prepared_stmt_count = " + before);
}

#ifdef KOINE_TEST_MARIADB
INSTANTIATE_TEST_SUITE_P(on, mariadb_words, ::testing::Values("libmariadb"), name_of);
#else
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(mariadb_words);
#endif

}  // namespace
}  // namespace fault
